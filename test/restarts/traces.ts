import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EndpointState, endpointWorkflowId, Query, type RunStatus } from '@sluice/sdk';
import type { Client } from '@temporalio/client';

/** Everything that a run has left outside of its workflow, in numbers that do not depend on when it ran. */
export interface Traces {
  /** MLflow runs by name: the run's own and its training's. */
  readonly mlflowRuns: readonly string[];
  /** Registered model versions that the run made. */
  readonly modelVersions: number;
  /** Steps of the metric `loss` that were logged twice. */
  readonly repeatedMetrics: number;
  /** Outcomes of this run in the endpoint's history. */
  readonly rollouts: readonly string[];
  /** How each attempt at the training ended. */
  readonly attempts: readonly string[];
  readonly decisions: number;
}

export interface Place {
  readonly client: Client;
  readonly mlflowUrl: string;
}

export async function tracesOf(place: Place, workflowId: string, endpoint: string): Promise<Traces> {
  const [runs, versions, state, status] = await Promise.all([
    mlflowRunsOf(place, workflowId),
    mlflow<{ model_versions?: { tags?: Tag[] }[] }>(place, 'model-versions/search', {
      query: { filter: `name='${endpoint}'`, max_results: '1000' },
    }),
    place.client.workflow
      .getHandle(endpointWorkflowId(endpoint))
      .query<EndpointState>(Query.endpoint)
      .catch(() => null),
    place.client.workflow.getHandle(workflowId).query<RunStatus>(Query.status),
  ]);
  const training = runs.find(({ info }) => info.run_name === 'model');
  const steps = training === undefined ? [] : await stepsOf(place, training.info.run_id);
  return {
    mlflowRuns: runs.map(({ info }) => info.run_name).sort(),
    modelVersions: (versions.model_versions ?? []).filter((one) => tag(one, 'sluice.run') === workflowId).length,
    repeatedMetrics: steps.length - new Set(steps).size,
    rollouts: (state?.history ?? []).filter(({ id }) => id.startsWith(`${workflowId}/`)).map((one) => one.state),
    attempts: status.steps.find(({ step }) => step === 'model')?.attempts.map(({ ended }) => ended) ?? [],
    decisions: status.decisions.length,
  };
}

export interface ArtifactCount {
  readonly blobs: number;
  readonly trees: number;
}

/**
 * Artifacts in the store of a project, by shape. Two kinds hang on the clock and are left out: pages of reports, which say when
 * they were written and are another one where that is done again; and partial results, held by their step's name, of which
 * a replay that took more than two seconds keeps its last one until `sluice gc`.
 */
export async function artifactsIn(root: string): Promise<ArtifactCount> {
  const store = join(root, '.sluice/store');
  const names = (folder: string) => readdir(join(store, folder)).catch(() => []);
  const timed = async (blob: string): Promise<boolean> => {
    const holders = await names(join('holders', `blob-${blob}`));
    const partial = holders.length > 0 && holders.every((holder) => holder.startsWith('partial_'));
    return partial || (await readFile(join(store, 'blobs', blob), 'utf8')).startsWith('<!doctype html>');
  };
  const left = await Promise.all((await names('blobs')).map(timed));
  return { blobs: left.filter((out) => !out).length, trees: (await names('trees')).length };
}

interface Tag {
  readonly key: string;
  readonly value: string;
}

interface Run {
  readonly info: { readonly run_id: string; readonly run_name: string };
}

async function mlflowRunsOf(place: Place, workflowId: string): Promise<Run[]> {
  const { experiments = [] } = await mlflow<{ experiments?: { experiment_id: string }[] }>(
    place,
    'experiments/search',
    { body: { max_results: 100 } },
  );
  const { runs = [] } = await mlflow<{ runs?: Run[] }>(place, 'runs/search', {
    body: {
      experiment_ids: experiments.map((one) => one.experiment_id),
      filter: `tags."sluice.run" = '${workflowId}'`,
      max_results: 1000,
    },
  });
  return runs;
}

async function stepsOf(place: Place, runId: string): Promise<number[]> {
  const { metrics = [] } = await mlflow<{ metrics?: { step?: number | string }[] }>(place, 'metrics/get-history', {
    query: { run_id: runId, metric_key: 'loss', max_results: '25000' },
  });
  return metrics.map(({ step }) => Number(step ?? 0));
}

async function mlflow<Answer>(
  { mlflowUrl }: Place,
  route: string,
  { query, body }: { query?: Record<string, string>; body?: object },
): Promise<Answer> {
  const url = `${mlflowUrl}/api/2.0/mlflow/${route}${query === undefined ? '' : `?${new URLSearchParams(query)}`}`;
  const answer = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`MLflow answered ${answer.status} to ${route}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

function tag(of: { readonly tags?: readonly Tag[] }, key: string): string | undefined {
  return of.tags?.find((one) => one.key === key)?.value;
}
