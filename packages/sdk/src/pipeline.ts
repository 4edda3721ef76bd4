import { ErrorCode, SluiceError } from './errors.ts';
import { checkName } from './name.ts';
import { currentRuntime } from './runtime.ts';
import type { InferInput, InferOutput, StandardSchema } from './standard-schema.ts';

export interface PipelineDefinition<Params, Output> {
  readonly name: string;
  readonly params: StandardSchema<unknown, Params>;
  readonly run: (params: Params) => Promise<Output>;
}

const definitionKey = '~sluice.pipeline';

/** A Temporal workflow function whose type (`name`) is the pipeline's name. */
export interface Pipeline<Input, Output> {
  (params: Input): Promise<Output>;
  readonly [definitionKey]: PipelineDefinition<unknown, Output>;
}

/**
 * A model's whole life as one program. `run` is the Temporal workflow: ordinary async TypeScript.
 *
 * Callers pass the schema's *input* type (defaults may be left out), `run` gets its *output* type.
 *
 * @throws SluiceError `InvalidStep` when the name cannot be a workflow type.
 */
export function pipeline<Schema extends StandardSchema, Output>(options: {
  readonly name: string;
  readonly params: Schema;
  readonly run: (params: InferOutput<Schema>) => Promise<Output>;
}): Pipeline<InferInput<Schema>, Output> {
  checkName('pipeline', options.name);
  if (typeof options.params?.['~standard']?.validate !== 'function') {
    throw new SluiceError(ErrorCode.InvalidStep, `pipeline ${options.name}: params is not a schema.`, {
      fix: 'Pass a zod object, or any other Standard Schema.',
    });
  }
  const definition = { name: options.name, params: options.params, run: options.run } as PipelineDefinition<
    unknown,
    Output
  >;
  const workflow = (...args: unknown[]) => currentRuntime().run(definition, args);
  Object.defineProperty(workflow, 'name', { value: options.name });
  return Object.assign(workflow, { [definitionKey]: definition }) as Pipeline<InferInput<Schema>, Output>;
}

/** The definition of a pipeline, or null for anything else a module may export. */
export function pipelineDefinition(value: unknown): PipelineDefinition<unknown, unknown> | null {
  if (typeof value !== 'function') return null;
  return (value as Partial<Pipeline<unknown, unknown>>)[definitionKey] ?? null;
}
