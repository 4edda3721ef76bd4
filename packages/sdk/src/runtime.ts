import { ErrorCode, SluiceError } from './errors.ts';
import type { MapSpec, ResultOf, SpecBase } from './spec.ts';
import type { StandardSchema } from './standard-schema.ts';

/** A failure in plain data, as `map` reports it per key. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

export type Settled<Value> =
  | { readonly key: string; readonly ok: true; readonly value: Value }
  | { readonly key: string; readonly ok: false; readonly error: Failure };

/** A pipeline as its author wrote it. */
export interface PipelineDefinition<Params, Output> {
  readonly name: string;
  readonly params: StandardSchema<unknown, Params>;
  readonly run: (params: Params) => Promise<Output>;
}

/**
 * What a step function hands its spec to; everything in Sluice hangs on this interface. The Temporal runtime runs
 * specs durably, the recorder writes them down, the local runner runs them in this process.
 */
export interface Runtime {
  /** Runs a pipeline's body: parses its parameters, maps its errors. */
  run<Output>(definition: PipelineDefinition<unknown, Output>, args: readonly unknown[]): Promise<Output>;
  step<Spec extends SpecBase>(spec: Spec): Promise<ResultOf<Spec>>;
  /** Runs `body(i)` for every key in a scope of its own, at most `concurrency` at once, and waits for all. */
  map<Value>(spec: MapSpec, body: (index: number) => Promise<Value>): Promise<Settled<Value>[]>;
  /** Whether the run is to follow the changed code; left out, every run is. */
  patched?(id: string): boolean;
}

let current: Runtime | undefined;

/** Makes `runtime` the one that steps go to, and returns a function that puts the former one back. */
export function useRuntime(runtime: Runtime): () => void {
  const former = current;
  current = runtime;
  return () => {
    current = former;
  };
}

/** @throws SluiceError `NoRuntime` outside of a run. */
export function currentRuntime(): Runtime {
  if (current !== undefined) return current;
  throw new SluiceError(ErrorCode.NoRuntime, 'A Sluice step was called outside of a run.', {
    fix: 'Call steps inside the `run` of a pipeline, and start that by `sluice run` or a Temporal client; a worker of your own needs @sluice/workflows in its bundle.',
  });
}
