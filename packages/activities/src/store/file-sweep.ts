import { createReadStream } from 'node:fs';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '@sluice/sdk';
import { type Address, addressOf, nameOf } from './artifact-uri.ts';
import type { FilePointers } from './file-pointer.ts';
import { deadPath, newestChange, sizeBelow } from './file-scratch.ts';
import type { FileShelf } from './file-shelf.ts';
import { isMissing, onDisk } from './storage-error.ts';
import type { StoredArtifact, StoredFile, StoreSweep } from './store-sweep.ts';
import { manifestBytes, parseManifest } from './tree-manifest.ts';

/** A sweep that has taken longer than this changes nothing any more: who waits for it stops waiting after ten seconds. */
const patienceMs = 5_000;

/** Sees everything in a file store, and deletes what nobody has put again. */
export function fileSweep(shelf: FileShelf, pointers: FilePointers): StoreSweep {
  const { base, scratch, holders, placeOf, onWrite } = shelf;

  async function* artifacts(): AsyncGenerator<StoredArtifact> {
    for (const shape of ['blob', 'tree'] as const) {
      for (const hex of await namesIn(join(base, `${shape}s`))) {
        const found = /^[0-9a-f]{64}$/.test(hex) ? await lookAt({ shape, hex }) : null;
        if (found !== null) yield found;
      }
    }
    // A put that died between becoming a holder and putting the artifact in place has left its name.
    for (const name of await holders.list()) {
      const [, shape, hex] = /^(blob|tree)-([0-9a-f]{64})$/.exec(name) ?? [];
      if ((shape !== 'blob' && shape !== 'tree') || hex === undefined) continue;
      if ((await changeOf(placeOf({ shape, hex }))) !== null) continue;
      const changedAt = await holders.changedAt(name);
      if (changedAt !== null) yield { uri: `sluice:${shape}/${hex}`, bytes: 0, changedAt, kind: null };
    }
  }

  async function lookAt(address: Address): Promise<StoredArtifact | null> {
    const changedAt = await changeOf(placeOf(address));
    if (changedAt === null) return null;
    const kind = (await holders.kind(nameOf(address))) as Artifact['kind'] | null;
    return { uri: `sluice:${address.shape}/${address.hex}`, bytes: await bytesOf(address), changedAt, kind };
  }

  async function bytesOf(address: Address): Promise<number> {
    const place = placeOf(address);
    if (address.shape === 'blob') return await sizeBelow(place);
    const text = await readFile(join(place, 'manifest.json'), 'utf8').catch(() => '');
    const manifest = parseManifest(text, address.hex);
    return manifest === null ? await sizeBelow(place) : manifestBytes(manifest);
  }

  /**
   * Announces itself, looks at the artifact's age, moves it away in one step and looks again: whoever puts it makes it
   * young, before or after, and waits for the announcement to go.
   */
  async function sweep(address: Address, before: number): Promise<boolean> {
    const isOld = async (path: string): Promise<boolean> => {
      const changed = await changeOf(path);
      return changed !== null && changed < before;
    };
    const place = placeOf(address);
    if ((await changeOf(place)) === null) return await forgetHolders(address, before);
    if (!(await isOld(place))) return false;
    const dead = await shelf.announced(address, async () => {
      const began = Date.now();
      if (!(await isOld(place))) return null;
      const trash = await shelf.moveAway(address);
      if (trash === null) return null;
      if (!(await isOld(trash)) || Date.now() - began > patienceMs) {
        await shelf.moveBack(address, trash);
        return null;
      }
      await holders.clear(nameOf(address)); // until here, whoever opens the store puts it back
      return await shelf.markDead(trash);
    });
    if (dead !== null) await shelf.remove(dead); // may take long, and nobody need wait for it
    return dead !== null;
  }

  /** Of an artifact that is not there. */
  async function forgetHolders(address: Address, before: number): Promise<boolean> {
    return await shelf.announced(address, async () => {
      const changed = await holders.changedAt(nameOf(address));
      if (changed === null || changed >= before || (await changeOf(placeOf(address))) !== null) return false;
      await holders.clear(nameOf(address));
      return true;
    });
  }

  async function* filesBelow(folder: string, deep: boolean): AsyncGenerator<StoredFile> {
    for (const name of await namesIn(folder, deep)) {
      const path = join(folder, name);
      const found = await stat(path).catch(() => null);
      if (found === null || (deep && found.isDirectory())) continue;
      yield { name, bytes: await sizeBelow(path), changedAt: (await newestChange(path)) ?? found.mtimeMs };
    }
  }

  /** Out of the way in one step, and back again when somebody has written it since it was looked at. */
  async function removeOld(path: string, before: number): Promise<boolean> {
    const isOld = async (at: string): Promise<boolean> => ((await newestChange(at)) ?? before) < before;
    if (!(await isOld(path))) return false;
    const dead = deadPath(scratch);
    await onWrite(`bury ${path}`);
    const moved = await rename(path, dead).then(
      () => true,
      () => false, // somebody else was first
    );
    if (moved && !(await isOld(dead))) {
      await rename(dead, path);
      return false;
    }
    await onWrite(`delete ${dead}`);
    await rm(dead, { recursive: true, force: true });
    return moved;
  }

  /** What was taken out of the store is no draft: it goes back, or goes, when the store is opened. */
  async function* drafts(): AsyncGenerator<StoredFile> {
    for await (const file of filesBelow(scratch, false)) if (!/^(trash|dead)-/.test(file.name)) yield file;
  }

  return {
    artifacts,
    pointers: () => pointers.list(),
    read: (artifact) => chunksOf(placeOf(addressOf(artifact))),
    sweep: (artifact, before) => onDisk(base, () => sweep(addressOf(artifact), before)),
    removePointer: ({ key, version }) => onDisk(base, () => pointers.remove(key, version)),
    payloads: () => filesBelow(join(base, 'payloads'), true),
    readPayload: (name) => chunksOf(join(base, 'payloads', name)),
    removePayload: (name, before) => onDisk(base, () => removeOld(join(base, 'payloads', name), before)),
    drafts,
    removeDraft: (name, before) => onDisk(base, () => removeOld(join(scratch, name), before)),
  };
}

async function namesIn(folder: string, recursive = false): Promise<string[]> {
  return await readdir(folder, { recursive }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
}

/** Epoch ms; of a tree the time it was put as a whole. */
async function changeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Buffer;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
