import { artifactPage, type MlflowClient } from '@sluice/activities';
import { ErrorCode, SluiceError } from '@sluice/sdk';

/** Where the pages of MLflow show it. */
export const ATTACHED_AS = 'report.html';

/**
 * Puts the page among the artifacts of the MLflow run that stands for the run; one that is there is written over.
 *
 * @returns the address of its page there
 * @throws SluiceError `NotFound` where the run has none, `Unreachable`, `Refused`
 */
export async function attachReport(
  client: MlflowClient | null,
  mlflowRunId: string | null,
  page: string,
  signal?: AbortSignal,
): Promise<string> {
  const options = signal === undefined ? {} : { signal };
  if (client === null || mlflowRunId === null) {
    throw new SluiceError(ErrorCode.NotFound, 'This run has no run in MLflow to attach its report to.', {
      fix: 'Leave --attach out, or set mlflow in sluice.config.ts for runs to come.',
    });
  }
  const run = await client.getRun(mlflowRunId, options);
  if (run === null) {
    throw new SluiceError(ErrorCode.NotFound, `MLflow has no run ${mlflowRunId}: it was deleted.`, {
      where: client.url,
    });
  }
  const file = { name: ATTACHED_AS, text: page, type: 'text/html; charset=utf-8' };
  await client.putArtifact(run, file, options);
  return artifactPage(client.url, run.info.experiment_id, mlflowRunId, ATTACHED_AS);
}

/**
 * Where MLflow will show the report of that run, should one be attached.
 *
 * @returns null for a run that is gone, and for a server that leaves artifacts to its clients
 * @throws SluiceError `Unreachable`, `Refused`
 */
export async function placeOfReport(
  client: MlflowClient,
  mlflowRunId: string,
  signal: AbortSignal,
): Promise<string | null> {
  const run = await client.getRun(mlflowRunId, { signal });
  if (run === null || !run.info.artifact_uri?.startsWith('mlflow-artifacts:')) return null;
  return artifactPage(client.url, run.info.experiment_id, mlflowRunId, ATTACHED_AS);
}
