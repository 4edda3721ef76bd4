import { ErrorCode, SluiceError } from '@sluice/sdk';
import type { MlflowClient } from '../mlflow/client.ts';
import { ledgerKey } from '../rollout/ledger.ts';
import type { StoredArtifact, StoreSweep } from '../store/store-sweep.ts';
import { type References, referencesIn, referencesInBytes, referencesInJson } from './references.ts';

/** Adds what artifacts name that are named themselves, or are too young to go: lists, reports, lineage. */
export async function markThrough(
  store: StoreSweep,
  artifacts: readonly StoredArtifact[],
  stays: (artifact: StoredArtifact) => boolean,
  into: References,
): Promise<void> {
  const unread = new Set(artifacts.filter(({ uri }) => uri.startsWith('sluice:blob/')));
  for (let grew = true; grew; ) {
    grew = false;
    for (const artifact of unread) {
      if (!stays(artifact)) continue;
      unread.delete(artifact);
      grew = true;
      await referencesInJson(store.read(artifact), into);
    }
  }
}

/**
 * Adds what every version of every model in the registry names: its source, its tags, its lineage.
 *
 * @throws SluiceError `Refused` for a registry that cannot be the one of this store
 */
export async function markRegistry(
  store: StoreSweep,
  mlflow: Pick<MlflowClient, 'searchModelVersions'>,
  into: References,
): Promise<void> {
  const versions = await mlflow.searchModelVersions({ filter: '' });
  if (versions.length === 0) await checkNothingDeployed(store);
  referencesIn(JSON.stringify(versions), into);
}

/** What was ever deployed was registered: where no version is known, another server answers. */
async function checkNothingDeployed(store: StoreSweep): Promise<void> {
  for await (const { key } of store.pointers()) {
    if (!key.startsWith(ledgerKey(''))) continue;
    throw new SluiceError(ErrorCode.Refused, 'MLflow knows no model version at all, but the store has an endpoint.', {
      where: key,
      fix: 'Check the address of the MLflow server: what its registry names is kept. Nothing was deleted.',
    });
  }
}

/**
 * Adds what the payloads of histories name.
 *
 * @param open the plain bytes of a stored payload, where payloads are encrypted
 */
export async function markPayloads(
  store: StoreSweep,
  open: ((bytes: Uint8Array) => Promise<Uint8Array>) | undefined,
  into: References,
): Promise<void> {
  for await (const { name } of store.payloads()) {
    if (name.endsWith('.json')) continue; // says whose the payloads beside it are
    const chunks = store.readPayload(name);
    const plain = open === undefined || name.endsWith('.json'); // says whose payloads lie beside it
    await referencesInBytes(plain ? chunks : opened(chunks, open), into);
  }
}

async function* opened(chunks: AsyncIterable<Uint8Array>, open: (bytes: Uint8Array) => Promise<Uint8Array>) {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  yield await open(Buffer.concat(all));
}
