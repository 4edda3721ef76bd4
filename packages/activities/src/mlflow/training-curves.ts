import type { MlflowClient } from './client.ts';
import { KEY_TAG } from './ensure.ts';
import { runPage } from './links.ts';
import { keyValue, tagFilter } from './names.ts';
import type { CallOptions } from './request.ts';
import { trainingRunKey } from './training-run.ts';
import type { MlflowMetric, MlflowRun } from './types.ts';

/** What a job's run in MLflow holds, for looking. */
export interface TrainingCurves {
  readonly runId: string;
  /** Its page. */
  readonly url: string;
  /** Last value of each metric. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Every value of some of them, in the order of their training steps. */
  readonly curves: readonly { readonly metric: string; readonly points: readonly MlflowMetric[] }[];
}

/** Names of metrics of a machine's, which MLflow may log by itself. */
const SYSTEM = 'system/';

/**
 * The values that a job has logged so far; null where it has no run.
 *
 * @param wanted `runId` where it is known, else the run is searched for; at most `most` metrics have their curve read
 * @throws MlflowUnreachable, MlflowRefused
 */
export async function trainingCurves(
  client: Pick<MlflowClient, 'url' | 'getExperimentByName' | 'searchRuns' | 'getRun' | 'metricHistory'>,
  wanted: {
    readonly experiment: string;
    readonly workflowId: string;
    readonly step: string;
    readonly runId: string | null;
    readonly most: number;
  },
  options?: CallOptions,
): Promise<TrainingCurves | null> {
  const run =
    wanted.runId === null ? await search(client, wanted, options) : await client.getRun(wanted.runId, options);
  if (run === null) return null;
  const { run_id: runId, experiment_id: experimentId } = run.info;
  const latest = (run.data.metrics ?? []).filter(({ value }) => Number.isFinite(value));
  const names = latest.map(({ key }) => key).filter((key) => !key.startsWith(SYSTEM));
  const curves = await Promise.all(
    names.slice(0, wanted.most).map(async (metric) => ({
      metric,
      points: (await client.metricHistory(runId, metric, options)).toSorted(
        (a, b) => a.step - b.step || a.timestamp - b.timestamp,
      ),
    })),
  );
  const metrics = Object.fromEntries(latest.map(({ key, value }) => [key, value]));
  return { runId, url: runPage(client.url, experimentId, runId), metrics, curves };
}

async function search(
  client: Pick<MlflowClient, 'getExperimentByName' | 'searchRuns'>,
  { experiment, workflowId, step }: { experiment: string; workflowId: string; step: string },
  options?: CallOptions,
): Promise<MlflowRun | null> {
  const found = await client.getExperimentByName(experiment, options);
  if (found === null) return null;
  const key = trainingRunKey({ ref: { workflowId, pipeline: '', step, name: '', keys: {} } });
  const runs = await client.searchRuns(
    { experiment_ids: [found.experiment_id], filter: tagFilter(KEY_TAG, keyValue(key)) },
    options,
  );
  return runs[0] ?? null;
}
