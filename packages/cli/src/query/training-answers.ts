import { type ArtifactStore, keptCheckpoints, type MlflowClient } from '@sluice/activities';
import { type Artifact, ErrorCode, SluiceError } from '@sluice/sdk';

export interface CheckpointAnswer {
  readonly step: number;
  readonly attempt: number;
  /** ISO 8601. */
  readonly at: string;
  readonly files: Artifact;
}

/** The checkpoints of a step that are still kept, oldest first. @throws SluiceError `CheckpointsUnreadable` */
export async function checkpointsAnswer(store: ArtifactStore, run: string, step: string): Promise<CheckpointAnswer[]> {
  const manifests = await keptCheckpoints(store, { workflowId: run, step });
  return manifests.map(({ step, attempt, at, files }) => ({ step, attempt, at, files }));
}

/** What MLflow has of a training, as `[training step, value]` by metric. @throws SluiceError `NotFound`, `Unreachable` */
export async function curvesAnswer(
  mlflow: MlflowClient,
  runId: string,
  metric: string | undefined,
): Promise<Record<string, (readonly [number, number])[]>> {
  const run = await mlflow.getRun(runId);
  if (run === null) {
    throw new SluiceError(ErrorCode.NotFound, `MLflow has no run ${runId}.`, {
      where: mlflow.url,
      fix: 'It was deleted, or this is another MLflow server than the one that the training wrote to.',
    });
  }
  const names = (run.data.metrics ?? []).map(({ key }) => key);
  if (metric !== undefined && !names.includes(metric)) {
    throw new SluiceError(ErrorCode.NotFound, `No metric "${metric}" was logged.`, {
      where: `MLflow run ${runId}`,
      fix: names.length === 0 ? 'Nothing was logged.' : `There is: ${names.join(', ')}`,
    });
  }
  const curves: Record<string, (readonly [number, number])[]> = {};
  for (const name of metric === undefined ? names : [metric]) {
    const points = await mlflow.metricHistory(runId, name);
    curves[name] = points.map(({ step, value }) => [step, value] as const).sort(([a], [b]) => a - b);
  }
  return curves;
}
