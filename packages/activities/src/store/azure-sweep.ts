import type { Artifact } from '@sluice/sdk';
import { type Address, addressOf, nameOf } from './artifact-uri.ts';
import { isGone, onAzure } from './azure-error.ts';
import type { AzureListing, ListedBlob } from './azure-listing.ts';
import { pointerName, readAzurePointer } from './azure-pointer.ts';
import { allOf, inParallel } from './in-parallel.ts';
import type { StoredArtifact, StoredFile, StoreSweep } from './store-sweep.ts';

/** Sees everything in a container below a prefix, and deletes what nobody has put again. */
export function azureSweep(listing: AzureListing, place: string): StoreSweep {
  const { blobAt, list, deleteUnchanged } = listing;

  async function* artifacts(): AsyncGenerator<StoredArtifact> {
    const held = new Map<string, { kind: Artifact['kind'] | null; changedAt: number }>();
    for await (const { name, metadata, changedAt } of list('holders/')) {
      const artifact = name.split('/')[1] ?? '';
      const newest = Math.max(changedAt, held.get(artifact)?.changedAt ?? 0);
      held.set(artifact, { kind: (metadata.kind as Artifact['kind']) ?? null, changedAt: newest });
    }
    let current: { address: Address; bytes: number; changedAt: number } | null = null;
    const shown = ({ address, bytes, changedAt }: NonNullable<typeof current>): StoredArtifact => {
      const kind = held.get(nameOf(address))?.kind ?? null;
      held.delete(nameOf(address));
      return { uri: `sluice:${address.shape}/${address.hex}`, bytes, changedAt, kind };
    };
    for (const shape of ['blob', 'tree'] as const) {
      for await (const blob of list(`${shape}s/`)) {
        const [, hex = ''] = blob.name.split('/');
        if (!/^[0-9a-f]{64}$/.test(hex)) continue;
        if (current !== null && (current.address.hex !== hex || current.address.shape !== shape)) {
          yield shown(current);
          current = null;
        }
        current ??= { address: { shape, hex }, bytes: 0, changedAt: 0 };
        if (!isManifest(blob)) current.bytes += blob.bytes;
        current.changedAt = Math.max(current.changedAt, blob.changedAt);
      }
    }
    if (current !== null) yield shown(current);
    // A put that died between becoming a holder and writing the first blob has left its name.
    for (const [name, { kind, changedAt }] of held) {
      const [, shape, hex] = /^(blob|tree)-([0-9a-f]{64})$/.exec(name) ?? [];
      if (shape !== undefined) yield { uri: `sluice:${shape}/${hex}`, bytes: 0, changedAt, kind };
    }
  }

  /**
   * Every put becomes a holder first, then writes or touches every blob, and a tree's manifest last. So each blob and
   * holder that is deleted under the condition that it is still as it was listed was either not wanted, or is written
   * again by the put that is under way.
   */
  async function sweep(address: Address, before: number): Promise<boolean> {
    const root = `${address.shape}s/${address.hex}`;
    const blobs = await allOf(list(address.shape === 'blob' ? root : `${root}/`));
    const holders = await allOf(list(`holders/${nameOf(address)}/`));
    if ([...blobs, ...holders].some(({ changedAt }) => changedAt >= before)) return false;
    // Without its manifest a tree is not there; what remains of it is found by the next sweep.
    const order = blobs.toSorted((a, b) => Number(isManifest(b)) - Number(isManifest(a)));
    for (const blob of order.slice(0, 1)) if (!(await deleteUnchanged(blob))) return false;
    const deleted = await inParallel([...order.slice(1), ...holders], 8, deleteUnchanged);
    return deleted.every(Boolean);
  }

  async function* pointers() {
    for await (const { name, changedAt } of list('pointers/')) {
      const found = await readAzurePointer(await blobAt(name));
      if (found !== null) yield { ...found, changedAt };
    }
  }

  async function removeOld(name: string, before: number): Promise<boolean> {
    for await (const blob of list(name)) {
      if (blob.name === name) return blob.changedAt < before && (await deleteUnchanged(blob));
    }
    return false;
  }

  async function* files(start: string): AsyncGenerator<StoredFile> {
    for await (const { name, bytes, changedAt } of list(start)) {
      yield { name: name.slice(start.length), bytes, changedAt };
    }
  }

  async function* read(name: string): AsyncGenerator<Uint8Array> {
    try {
      const { readableStreamBody } = await (await blobAt(name)).download();
      for await (const chunk of readableStreamBody ?? []) yield chunk as Buffer;
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  return {
    artifacts: () => named(place, artifacts()),
    pointers: () => named(place, pointers()),
    read: (artifact) => {
      const { shape, hex } = addressOf(artifact);
      return named(place, read(`${shape}s/${hex}`));
    },
    sweep: (artifact, before) => onAzure(place, () => sweep(addressOf(artifact), before)),
    removePointer: ({ key, version }) =>
      onAzure(place, () => deleteUnchanged({ name: pointerName(key), etag: version })),
    payloads: () => named(place, files('payloads/')),
    readPayload: (name) => named(place, read(`payloads/${name}`)),
    removePayload: (name, before) => onAzure(place, () => removeOld(`payloads/${name}`, before)),
    // Blocks that were never committed are not listed, and the service drops them after a week.
    async *drafts() {},
    removeDraft: async () => false,
  };
}

/** Gives the errors of a listing their stable codes. */
async function* named<T>(place: string, items: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    for (;;) {
      const { done, value } = await onAzure(place, () => items.next());
      if (done) return;
      yield value;
    }
  } finally {
    await items.return(undefined);
  }
}

function isManifest({ name }: Pick<ListedBlob, 'name'>): boolean {
  return name.endsWith('/manifest.json');
}
