import type { SluiceActivities } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import type { MlflowClient } from '../mlflow/client.ts';
import { isRefusal } from '../mlflow/errors.ts';
import { tagFilter } from '../mlflow/names.ts';
import { isFields, paramsOf, unknownParams } from '../mlflow/params.ts';
import { type MlflowRun, type MlflowRunStatus, tagList } from '../mlflow/types.ts';

type Context = Pick<ActivityContext, 'config' | 'mlflow' | 'links'>;

/** Makes or finds the MLflow run that stands for a Sluice run; one over all resets. Null where MLflow is off. */
export function openRunActivity({ config, mlflow, links }: Context): SluiceActivities['openRun'] {
  return async ({ workflowId, pipeline, params }) => {
    if (mlflow === null) return null;
    const page = workflowPage(links.temporal, workflowId);
    const wanted = { experiment: config.project, key: workflowId, name: workflowId };
    const { runId } = await mlflow.ensureRun(wanted);
    const run = await mlflow.getRun(runId);
    const { absent, changed } = unknownParams(run, paramsOf(isFields(params) ? params : { params }));
    await mlflow.logBatch(runId, {
      params: absent,
      tags: tagList({
        'mlflow.source.type': 'JOB',
        'mlflow.source.name': pipeline,
        'mlflow.note.content': page && `Sluice run [${workflowId}](${page})`,
        'sluice.kind': 'run',
        'sluice.pipeline': pipeline,
        'sluice.run': workflowId,
        'sluice.state': 'running',
        'sluice.link': page,
        'sluice.params.changed': changed.length > 0 ? JSON.stringify(changed) : null,
      }),
    });
    if (run !== null && run.info.status !== 'RUNNING') await mlflow.updateRun({ run_id: runId, status: 'RUNNING' });
    return runId;
  };
}

/**
 * Ends that run, and those of its jobs that are open still: an attempt that was preempted cannot know that it was the
 * last. Done twice it changes nothing; a run that was deleted meanwhile is no error.
 */
export function closeRunActivity({ mlflow }: Pick<Context, 'mlflow'>): SluiceActivities['closeRun'] {
  return async ({ runId, state }) => {
    const run = (await mlflow?.getRun(runId)) ?? null;
    if (mlflow === null || run === null || run.info.lifecycle_stage !== 'active') return;
    const status = statusOf(state);
    try {
      await closeJobs(mlflow, run, status === 'KILLED' ? 'KILLED' : 'FAILED');
      await mlflow.setRunTag(runId, 'sluice.state', state);
      if (run.info.status !== status) await mlflow.updateRun({ run_id: runId, status, end_time: Date.now() });
    } catch (error) {
      if (!isRefusal(error, 'RESOURCE_DOES_NOT_EXIST')) throw error;
    }
  };
}

async function closeJobs(mlflow: MlflowClient, { info }: MlflowRun, status: MlflowRunStatus): Promise<void> {
  const filter = `${tagFilter('mlflow.parentRunId', info.run_id)} and attributes.status = 'RUNNING'`;
  const open = await mlflow.searchRuns({ experiment_ids: [info.experiment_id], filter });
  for (const job of open) await mlflow.updateRun({ run_id: job.info.run_id, status, end_time: Date.now() });
}

/** MLflow knows three ends; the tag `sluice.state` has the exact one. */
function statusOf(state: string): MlflowRunStatus {
  if (state === 'failed') return 'FAILED';
  return state === 'cancelled' ? 'KILLED' : 'FINISHED';
}

/** Page of a workflow in Temporal's UI; null when nobody said where that is. */
export function workflowPage(base: string | null, workflowId: string): string | null {
  return base === null ? null : `${base.replace(/\/+$/, '')}/workflows/${encodeURIComponent(workflowId)}`;
}
