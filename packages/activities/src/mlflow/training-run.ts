import { type Dataset, type JobInput, PARENTS_LISTED } from '@sluice/sdk';
import type { MlflowClient } from './client.ts';
import { cut, datasetDigest } from './names.ts';
import { paramsOf, unknownParams } from './params.ts';
import type { CallOptions } from './request.ts';
import { type MlflowDatasetInput, tagList } from './types.ts';

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
  const { absent, changed } = unknownParams(run, paramsOf({ seed: input.spec.seed, ...input.spec.hyper }));
  await client.logBatch(
    runId,
    {
      params: absent,
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
  const parents = spec.models.map(({ digest }) => digest);
  return {
    'mlflow.source.type': 'JOB',
    'mlflow.source.name': ref.pipeline,
    'sluice.pipeline': ref.pipeline,
    'sluice.run': ref.workflowId,
    'sluice.step': ref.step,
    'sluice.kind': spec.kind,
    'sluice.class': input.class,
    'sluice.attempt': String(input.attempt),
    'sluice.parents': parents.length > 0 ? JSON.stringify(parents.slice(0, PARENTS_LISTED)) : null,
    'sluice.parents.count': parents.length > PARENTS_LISTED ? String(parents.length) : null,
    ...Object.fromEntries(Object.entries(ref.keys).map(([scope, key]) => [`sluice.map.${scope}`, key])),
  };
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
