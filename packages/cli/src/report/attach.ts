import { ErrorCode, SluiceError } from '@sluice/sdk';
import type { Sources } from '../records/sources.ts';

/** Where the pages of MLflow show it. */
export const ATTACHED_AS = 'report.html';

/**
 * Puts the page among the artifacts of the MLflow run that stands for the run; one that is there is written over.
 *
 * @returns the address of its page there
 * @throws SluiceError `NotFound` where the run has none, `Unreachable`, `Refused`
 */
export async function attachReport(sources: Sources, mlflowRunId: string | null, page: string): Promise<string> {
  const client = await sources.mlflow();
  if (client === null || mlflowRunId === null) {
    throw new SluiceError(ErrorCode.NotFound, 'This run has no run in MLflow to attach its report to.', {
      fix: 'Leave --attach out, or set mlflow in sluice.config.ts for runs to come.',
    });
  }
  const run = await client.getRun(mlflowRunId);
  if (run === null) {
    throw new SluiceError(ErrorCode.NotFound, `MLflow has no run ${mlflowRunId}: it was deleted.`, {
      where: client.url,
    });
  }
  await client.putArtifact(run, { name: ATTACHED_AS, text: page, type: 'text/html; charset=utf-8' });
  return `${client.url}/#/experiments/${run.info.experiment_id}/runs/${mlflowRunId}/artifacts/${ATTACHED_AS}`;
}
