import { AsyncLocalStorage } from 'node:async_hooks';
import { availableParallelism } from 'node:os';
import {
  type DeployResult,
  type DeploySpec,
  describeError,
  ErrorCode,
  errorCode,
  type Failure,
  isJob,
  type JobSpec,
  keysOf,
  kindOf,
  type MapSpec,
  type Model,
  notInConfig,
  type PipelineDefinition,
  parseParams,
  placeIn,
  type ResultOf,
  type Runtime,
  type Settled,
  type SluiceActivities,
  SluiceError,
  type SpecBase,
  type StepOutput,
  type StepRef,
  type StepSpec,
  stepPath,
  type WorkInput,
  type WorkSpec,
  worstOf,
} from '@sluice/sdk';
import type { ResolvedConfig } from '../config/resolved-config.ts';
import type { JobCache } from './job-cache.ts';
import { stepError } from './step-error.ts';

export type LocalEvent =
  | { readonly type: 'step-started'; readonly step: string; readonly kind: string }
  | {
      readonly type: 'step-ended';
      readonly step: string;
      readonly kind: string;
      readonly ms: number;
      readonly result: unknown;
    }
  | { readonly type: 'step-reused'; readonly step: string; readonly kind: string; readonly result: unknown }
  | {
      readonly type: 'step-failed';
      readonly step: string;
      readonly kind: string;
      readonly ms: number;
      readonly error: unknown;
    }
  /** A job begins to print; `workflowId`, `step` and attempt 1 name its log. */
  | { readonly type: 'job-log'; readonly step: string; readonly workflowId: string }
  | { readonly type: 'judged-alone'; readonly step: string }
  | { readonly type: 'would-deploy'; readonly step: string; readonly spec: DeploySpec };

export interface LocalRuntimeOptions {
  readonly config: ResolvedConfig;
  /** Folder of the project, by which errors of its code are named. */
  readonly root?: string;
  readonly activities: SluiceActivities;
  readonly cache: JobCache;
  /** Last step to run: a path (`airport=EWR/delay`) or a name; null runs all. */
  readonly upTo: string | null;
  /** Runs every job anew. @default false */
  readonly fresh?: boolean;
  /** Is there a stack that knows what production is and what was captured? */
  readonly hasStack: boolean;
  /** Where a job's log lies, told when it fails. */
  readonly logPath?: (workflowId: string, step: string) => string;
  readonly onEvent: (event: LocalEvent) => void;
}

/** Thrown through the pipeline's code once the last wanted step is done. */
class Reached extends Error {}

interface Scope {
  readonly map: string;
  readonly key: string;
}

/** Runs a pipeline's steps in this process with the real activities, one attempt each, and without Temporal. */
export class LocalRuntime implements Runtime {
  readonly #options: LocalRuntimeOptions;
  readonly #scopes = new AsyncLocalStorage<readonly Scope[]>();
  readonly #seen = new Set<string>();
  #pipeline = '';
  #reached = false;

  constructor(options: LocalRuntimeOptions) {
    this.#options = options;
  }

  /** Paths of the steps that were begun. */
  get steps(): readonly string[] {
    return [...this.#seen];
  }

  /** Was the step that was asked for run? */
  get reached(): boolean {
    return this.#reached;
  }

  async run<Output>(definition: PipelineDefinition<unknown, Output>, args: readonly unknown[]): Promise<Output> {
    const params = await parseParams(definition.name, definition.params, args[0] ?? {});
    this.#pipeline = definition.name;
    try {
      return await definition.run(params);
    } catch (error) {
      // A local run goes as far as it would without a deploy; what waits for one is not run.
      if (error instanceof Reached || errorCode(error) === ErrorCode.NotDeployed) return undefined as Output;
      throw error;
    }
  }

  async step<Spec extends SpecBase>(asked: Spec): Promise<ResultOf<Spec>> {
    const spec = asked as unknown as StepSpec;
    if (this.#reached && this.#inScope().length === 0) throw new Reached();
    const ref = this.#refOf(spec);
    if (this.#seen.has(ref.step)) {
      throw new SluiceError(ErrorCode.DuplicateStep, `Two steps are called "${ref.step}".`, {
        where: ref.step,
        fix: 'Names identify work over retries; give each its own within one scope.',
      });
    }
    this.#seen.add(ref.step);
    const wanted = this.#isTarget(ref.step);
    const result = await this.#perform(spec, ref, wanted);
    if (!wanted) return result as ResultOf<Spec>;
    this.#reached = true;
    throw new Reached();
  }

  async map<Value>(spec: MapSpec, body: (index: number) => Promise<Value>): Promise<Settled<Value>[]> {
    const scopes = this.#inScope();
    const settled: Settled<Value>[] = [];
    const keys = spec.keys.map((key, index) => ({ key, index })).filter(({ key }) => this.#mayEnter(spec.name, key));
    let reached = false;
    const lane = async () => {
      for (let next = keys.shift(); next !== undefined; next = keys.shift()) {
        const { key, index } = next;
        try {
          const inside = [...scopes, { map: spec.name, key }];
          settled[index] = { key, ok: true, value: await this.#scopes.run(inside, () => body(index)) };
        } catch (error) {
          if (error instanceof Reached) reached = true;
          settled[index] = { key, ok: false, error: this.#failureOf(error) };
        }
      }
    };
    const lanes = Math.max(1, Math.min(spec.concurrency, keys.length, availableParallelism()));
    await Promise.all(Array.from({ length: lanes }, lane));
    if (reached) throw new Reached();
    return settled;
  }

  /** Code of the pipeline's own that threw is named by its line, as it is in a run. */
  #failureOf(error: unknown): Failure {
    const { root = '' } = this.#options;
    const place = error instanceof SluiceError ? null : placeIn(root, error);
    return { code: errorCode(error), message: `${describeError(error)}${place === null ? '' : ` (at ${place})`}` };
  }

  #inScope(): readonly Scope[] {
    return this.#scopes.getStore() ?? [];
  }

  #refOf(spec: StepSpec): StepRef {
    const scopes = this.#inScope();
    return {
      workflowId: `local/${this.#pipeline}`,
      pipeline: this.#pipeline,
      step: stepPath(scopes, spec.name),
      name: spec.name,
      keys: keysOf(scopes),
    };
  }

  #isTarget(step: string): boolean {
    const { upTo } = this.#options;
    return upTo !== null && (step === upTo || step.endsWith(`/${upTo}`));
  }

  /** With a path as the target, only its own branches are run. */
  #mayEnter(map: string, key: string): boolean {
    const { upTo } = this.#options;
    if (upTo === null) return true;
    const wanted = upTo.split('/').find((part) => part.startsWith(`${map}=`));
    return wanted === undefined || `${stepPath([{ map, key }], '')}` === `${wanted}/`;
  }

  async #perform(spec: StepSpec, ref: StepRef, wanted: boolean): Promise<unknown> {
    const { onEvent } = this.#options;
    const { step } = ref;
    if (spec.kind === 'deploy') return this.#wouldDeploy(spec, step);
    const job = isJob(spec) ? await this.#prepareJob(step, spec) : null;
    if (job?.kept && !wanted && !this.#options.fresh) {
      onEvent({ type: 'step-reused', step, kind: spec.kind, result: job.kept });
      return job.kept;
    }
    onEvent({ type: 'step-started', step, kind: spec.kind });
    const began = Date.now();
    try {
      const result = isJob(spec)
        ? await this.#runJob(job ?? (await this.#prepareJob(step, spec)), ref)
        : await this.#work(spec, ref);
      onEvent({ type: 'step-ended', step, kind: spec.kind, ms: Date.now() - began, result });
      return result;
    } catch (failure) {
      const error = stepError(step, failure, job === null ? null : this.#logOf(job.digest, ref));
      onEvent({ type: 'step-failed', step, kind: spec.kind, ms: Date.now() - began, error });
      throw error;
    }
  }

  async #work<Spec extends WorkSpec>(asked: Spec, ref: StepRef): Promise<unknown> {
    const { activities, hasStack, onEvent } = this.#options;
    const spec = hasStack ? asked : (kindOf(asked).alone?.(asked, ref.step) ?? asked);
    if (spec !== asked) onEvent({ type: 'judged-alone', step: ref.step });
    const work = activities[spec.kind] as (input: WorkInput<Spec>) => Promise<unknown>;
    return work({ ref, spec, parentRunId: null });
  }

  /** A job that ended well before starts over when it is asked for again; one that was broken off goes on. */
  async #prepareJob(step: string, spec: JobSpec) {
    const { cache, fresh } = this.#options;
    const digest = await cache.digest(step, spec);
    const kept = await cache.find(digest);
    const resume = kept !== null || fresh ? 'never' : spec.resume;
    return { digest, kept, spec: { ...spec, resume } as JobSpec };
  }

  #logOf(digest: string, ref: StepRef): string | null {
    return this.#options.logPath?.(`${ref.workflowId}/${digest.slice(0, 12)}`, ref.step) ?? null;
  }

  async #runJob(job: { readonly digest: string; readonly spec: JobSpec }, ref: StepRef): Promise<Model | StepOutput> {
    const { activities, cache, config } = this.#options;
    const { spec } = job;
    const name = spec.on ?? config.defaultClass;
    const settings = config.classes[name];
    if (settings === undefined) {
      throw notInConfig(ref.step, 'resource class', name, Object.keys(config.classes));
    }
    const workflowId = `${ref.workflowId}/${job.digest.slice(0, 12)}`;
    this.#options.onEvent({ type: 'job-log', step: ref.step, workflowId });
    const { result } = await activities[spec.kind]({
      ref: { ...ref, workflowId },
      spec,
      attempt: 1,
      order: Date.now(),
      class: name,
      gpus: settings.gpus,
      interruptible: settings.interruptible,
      parentRunId: null,
    });
    await cache.keep(job.digest, result);
    return result;
  }

  #wouldDeploy(spec: DeploySpec, step: string): DeployResult {
    this.#options.onEvent({ type: 'would-deploy', step, spec });
    return {
      state: 'expired',
      endpoint: spec.endpoint,
      candidate: spec.model.digest,
      version: null,
      verdict: worstOf(spec.gates.map(({ verdict }) => verdict)),
      decision: null,
      reason: 'a local run deploys nothing, so nobody was asked',
    };
  }
}
