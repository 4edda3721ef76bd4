import type { Candidate, Observation, SluiceActivities, VersionHealth } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { modelVersionPage } from '../mlflow/links.ts';
import { type MlflowModelVersion, tagsOf } from '../mlflow/types.ts';
import { Alias } from '../registry/model-version.ts';
import { versionId } from '../registry/register-candidate.ts';
import { activityScope, alive } from '../serving/activity-scope.ts';
import { readLedger } from './ledger.ts';
import { retryable } from './retryable.ts';
import { targetOf } from './target-of.ts';

/** What target, ledger and registry show of an endpoint: what a workflow without memory takes it for. */
export function observeEndpointActivity(context: ActivityContext): SluiceActivities['observeEndpoint'] {
  return ({ endpoint }) => alive(activityScope(), () => retryable(() => observe(context, endpoint)));
}

async function observe(context: ActivityContext, endpoint: string): Promise<Observation> {
  const [target, ledger] = await Promise.all([
    targetOf(context, endpoint).observe(endpoint),
    readLedger(context, endpoint),
  ]);
  // The ledger knows more than the registry, and a registry that is down must not keep traffic from being owned.
  const registry = ledger === null ? await registryOf(context, endpoint) : null;
  const known = new Map<string, Candidate>();
  const named = [registry?.production, registry?.previous, ledger?.page.stable, ...(ledger?.page.formers ?? [])];
  for (const version of Object.values(target?.versions ?? {})) known.set(version.id, candidateOf(version));
  for (const candidate of named) if (candidate) known.set(candidate.id, candidate);
  return { target, ledger, registry, known: Object.fromEntries(known) };
}

/** A version that only the target knows: artifacts are content-addressed, so the digest says where its model lies. */
function candidateOf({ id, digest }: VersionHealth): Candidate {
  return { id, digest, uri: `sluice:tree/${digest.replace('sha256:', '')}`, bytes: 0, registered: null };
}

async function registryOf(context: ActivityContext, endpoint: string): Promise<Observation['registry']> {
  const { mlflow, config, links } = context;
  if (mlflow === null) return null;
  const name = config.endpoints?.[endpoint]?.model ?? endpoint;
  const read = (version: MlflowModelVersion | null) => registered(version, name, links.mlflow ?? mlflow.url);
  const [production, previous] = await Promise.all([
    mlflow.getVersionByAlias(name, Alias.production),
    mlflow.getVersionByAlias(name, Alias.previous),
  ]);
  const bad = previous !== null && tagsOf(previous)['sluice.state'] === 'rolled-back';
  return { production: read(production), previous: bad ? null : read(previous) };
}

/** The candidate that a registered version was made of; null for one that Sluice did not register. */
function registered(version: MlflowModelVersion | null, model: string, base: string): Candidate | null {
  if (version === null) return null;
  const { 'sluice.digest': digest, 'sluice.uri': uri, 'sluice.bytes': bytes } = tagsOf(version);
  if (digest === undefined || uri === undefined) return null;
  const url = modelVersionPage(base, model, version.version);
  return {
    id: versionId(digest),
    digest,
    uri,
    bytes: Number(bytes ?? 0),
    registered: { model, version: version.version, url },
  };
}
