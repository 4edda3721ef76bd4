import { checkName } from './name.ts';
import { checkFields, invalidStep, shown } from './options.ts';
import { currentRuntime, type PipelineDefinition } from './runtime.ts';
import type { InferInput, InferOutput, StandardSchema } from './standard-schema.ts';
import { ENDPOINT_WORKFLOW, endpointWorkflowId } from './status.ts';

/** The endpoint's workflow type, and what its workflow ids begin with: a run's id begins with its pipeline's name. */
const reserved: ReadonlySet<string> = new Set([ENDPOINT_WORKFLOW, endpointWorkflowId('').replace('/', '')]);

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
 * @throws SluiceError `InvalidStep` when the name cannot be a workflow type or `params` is no schema.
 */
export function pipeline<Schema extends StandardSchema, Output>(options: {
  readonly name: string;
  readonly params: Schema;
  readonly run: (params: InferOutput<Schema>) => Promise<Output>;
}): Pipeline<InferInput<Schema>, Output> {
  checkName('pipeline', options.name);
  const where = `pipeline ${options.name}`;
  checkFields<PipelineDefinition<unknown, unknown>>(where, options, { name: true, params: true, run: true });
  if (reserved.has(options.name)) {
    throw invalidStep(where, `the name "${options.name}" is taken by Sluice's own workflows.`, 'Choose another name.');
  }
  if (typeof options.params?.['~standard']?.validate !== 'function') {
    throw invalidStep(where, 'params is not a schema.', 'Pass a zod object, or any other Standard Schema.');
  }
  if (typeof options.run !== 'function') {
    throw invalidStep(where, `run is ${shown(options.run)}, not a function.`, 'Write async run(params) { … }.');
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
