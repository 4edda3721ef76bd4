import type { Dataset, JobInput, Json, JsonObject } from '@sluice/sdk';
import type { MlflowClient } from './client.ts';
import { cut, datasetDigest, keyName, Limit } from './names.ts';
import type { CallOptions } from './request.ts';
import { type MlflowDatasetInput, type MlflowParam, tagList } from './types.ts';

export interface TrainingRunFacts {
  readonly experiment: string;
  readonly input: JobInput;
  readonly parentRunId: string | null;
  /** Further tags: commit, image, code digest. */
  readonly tags?: Readonly<Record<string, string | null>>;
}

/** Idempotency key of a job's run: one run over all attempts, workers and resets. */
export function trainingRunKey(input: Pick<JobInput, 'ref'>): string {
  return `${input.ref.workflowId}/${input.ref.step}`;
}

/** Makes or finds the run of a job. */
export async function findTrainingRun(
  client: MlflowClient,
  { experiment, input, parentRunId }: TrainingRunFacts,
  options?: CallOptions,
): Promise<string> {
  const wanted = { experiment, key: trainingRunKey(input), name: input.ref.step, parentRunId };
  return (await client.ensureRun(wanted, options)).runId;
}

/**
 * Tells a run what it trains on and with. Safe to repeat, and for later attempts: parameters are write-once in MLflow,
 * so only those it does not know yet are sent, and the names of those that differ by now become a tag.
 */
export async function describeTrainingRun(
  client: MlflowClient,
  runId: string,
  { input, tags }: TrainingRunFacts,
  options?: CallOptions,
): Promise<void> {
  const run = await client.getRun(runId, options);
  const known = new Map((run?.data.params ?? []).map(({ key, value }) => [key, value]));
  const params = paramsOf(input);
  const changed = params.filter(({ key, value }) => known.has(key) && known.get(key) !== value).map(({ key }) => key);
  await client.logBatch(
    runId,
    {
      params: params.filter(({ key }) => !known.has(key)),
      tags: tagList({
        ...tags,
        ...trainingTags(input),
        'sluice.params.changed': changed.length > 0 ? JSON.stringify(changed) : null,
      }),
    },
    options,
  );
  const datasets = Object.entries(input.spec.data).map(([name, dataset]) => datasetInput(name, dataset));
  if (datasets.length > 0) await client.logInputs(runId, datasets, options);
  if (run !== null && run.info.status !== 'RUNNING') {
    await client.updateRun({ run_id: runId, status: 'RUNNING' }, options);
  }
}

function trainingTags(input: JobInput): Record<string, string | null> {
  const { ref, spec } = input;
  return {
    'mlflow.source.type': 'JOB',
    'mlflow.source.name': ref.pipeline,
    'sluice.pipeline': ref.pipeline,
    'sluice.run': ref.workflowId,
    'sluice.step': ref.step,
    'sluice.kind': spec.kind,
    'sluice.class': input.class,
    'sluice.attempt': String(input.attempt),
    'sluice.parents': spec.models.length > 0 ? JSON.stringify(spec.models.map((model) => model.digest)) : null,
    ...Object.fromEntries(Object.entries(ref.keys).map(([scope, key]) => [`sluice.map.${scope}`, key])),
  };
}

/** Hyper-parameters as MLflow's flat text, and the seed. */
function paramsOf({ spec }: JobInput): MlflowParam[] {
  const flat = flatten({ seed: spec.seed, ...spec.hyper });
  const byKey = new Map(flat.map(([key, value]) => [keyName(key), cut(value, Limit.param)]));
  return [...byKey].map(([key, value]) => ({ key, value }));
}

/** `{ optimizer: { lr: 0.1 }, layers: [8, 4] }` is `optimizer.lr = 0.1`, `layers = [8,4]`. */
export function flatten(fields: JsonObject, prefix = ''): [string, string][] {
  return Object.entries(fields).flatMap(([key, value]): [string, string][] => {
    if (value === undefined) return [];
    if (isFields(value) && Object.keys(value).length > 0) return flatten(value, `${prefix}${key}.`);
    return [[`${prefix}${key}`, typeof value === 'string' ? value : JSON.stringify(value)]];
  });
}

function isFields(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A dataset as an input of a run, with the schema that MLflow's UI shows. */
export function datasetInput(name: string, dataset: Dataset): MlflowDatasetInput {
  const columns = dataset.columns.map((column) => ({ name: column.name, type: column.type }));
  return {
    dataset: {
      name: cut(name, 500),
      digest: datasetDigest(dataset.digest),
      source_type: 'sluice',
      source: JSON.stringify({ uri: dataset.uri, digest: dataset.digest }),
      schema: JSON.stringify({ mlflow_colspec: columns }),
      profile: JSON.stringify({ num_rows: dataset.rows, bytes: dataset.bytes }),
    },
    tags: [{ key: 'mlflow.data.context', value: 'training' }],
  };
}
