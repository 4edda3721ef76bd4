import type { Candidate, SluiceActivities } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import type { MlflowClient } from '../mlflow/client.ts';
import { Alias, dropAlias, tagVersion, type VersionRef } from './model-version.ts';

/**
 * Moves MLflow's aliases after the traffic: `production` and `previous` when a version was deployed, back again when it
 * was rolled back. Asked twice it changes nothing more. Without MLflow there is nothing to mark.
 */
export function markVersionActivity({ mlflow }: Pick<ActivityContext, 'mlflow'>): SluiceActivities['markVersion'] {
  return async ({ candidate, previous, former, state, reason }) => {
    const version = candidate.registered;
    if (mlflow === null || version === null) return;
    if (state === 'deployed' && previous?.digest === candidate.digest) return serving(mlflow, version);
    if (state === 'deployed') return deployed(mlflow, version, previous);
    const current = await mlflow.getVersionByAlias(version.model, Alias.production);
    if (state === 'rolled-back' && current?.version === version.version) {
      const back = sameModel(version, previous);
      if (back === null) await mlflow.deleteAlias(version.model, Alias.production);
      else {
        await mlflow.setAlias(version.model, Alias.production, back.version);
        await tagVersion(mlflow, back, { 'sluice.state': 'deployed' });
      }
      // Where a rollback would go from now on; never to what was just left.
      const next = sameModel(version, former);
      if (next === null) await mlflow.deleteAlias(version.model, Alias.previous);
      else await mlflow.setAlias(version.model, Alias.previous, next.version);
    }
    await tagVersion(mlflow, version, { 'sluice.state': state, [`sluice.${state}.reason`]: reason });
    await dropAlias(mlflow, version, Alias.candidate);
  };
}

async function deployed(mlflow: MlflowClient, version: VersionRef, previous: Candidate | null): Promise<void> {
  const current = await mlflow.getVersionByAlias(version.model, Alias.production);
  const former =
    sameModel(version, previous) ?? (current === null ? null : { model: version.model, version: current.version });
  if (former !== null && former.version !== version.version) {
    await mlflow.setAlias(version.model, Alias.previous, former.version);
    await tagVersion(mlflow, former, { 'sluice.state': 'replaced' });
  }
  await mlflow.setAlias(version.model, Alias.production, version.version);
  await tagVersion(mlflow, version, { 'sluice.state': 'deployed' });
  await dropAlias(mlflow, version, Alias.candidate);
}

/** The same bytes were in production already, perhaps as another version: the aliases of what serves stay. */
async function serving(mlflow: MlflowClient, version: VersionRef): Promise<void> {
  await tagVersion(mlflow, version, { 'sluice.state': 'deployed' });
  await dropAlias(mlflow, version, Alias.candidate);
}

/** The version that `candidate` is registered as, if it belongs to the same registered model. */
function sameModel(version: VersionRef, candidate: Candidate | null): VersionRef | null {
  return candidate?.registered?.model === version.model ? candidate.registered : null;
}
