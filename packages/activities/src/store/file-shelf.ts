import { randomUUID } from 'node:crypto';
import { access, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode, errorCode, SluiceError } from '@sluice/sdk';
import { type Address, nameOf } from './artifact-uri.ts';
import { digestFile, type OnWrite, syncDirectory } from './durable-file.ts';
import { fileHolders } from './file-holders.ts';
import { deadPath, draftPath, sweepScratch, trashPath } from './file-scratch.ts';
import { mendTree } from './mend-tree.ts';
import { isMissing } from './storage-error.ts';
import { parseManifest } from './tree-manifest.ts';

/** An announcement older than this is of a process that died: who sweeps gives up before, after `patienceMs`. */
const announcedMs = 10_000;

export type FileShelf = ReturnType<typeof fileShelf>;

/** Where the artifacts of a file store stand, and how one comes to its place or leaves it in one step. */
export function fileShelf(base: string, onWrite: OnWrite) {
  const scratch = join(base, 'tmp');
  const holders = fileHolders(join(base, 'holders'), onWrite);
  const placeOf = ({ shape, hex }: Address) => join(base, `${shape}s`, hex);
  const announcement = (address: Address) => `sweeping-${nameOf(address)}-`;

  /**
   * Moves a finished draft into place; returns when the artifact is there, whoever put it. What is there already is
   * not believed: the draft's bytes, which were hashed as they were written, take its place.
   */
  async function publish(draft: string, address: Address): Promise<void> {
    const place = placeOf(address);
    await mkdir(dirname(place), { recursive: true });
    for (;;) {
      await onWrite(`publish ${place}`);
      try {
        await rename(draft, place);
        break;
      } catch (error) {
        if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
      }
      if (await mendTree(draft, place, draftPath(scratch), onWrite)) break;
    }
    await syncDirectory(dirname(place));
  }

  /**
   * Puts a finished draft in place in the name of a holder, and returns when no sweep that began before can take
   * either away again. A sweep announces itself, then looks at the artifact's age. So whoever still finds its
   * announcement here waits; and if it is over, what it did can be seen.
   */
  async function putInPlace(draft: string, address: Address, holder: string, kind: string): Promise<void> {
    const name = nameOf(address);
    await holders.add(name, holder, kind); // before it is there: see `discard`
    await publish(draft, address);
    for (;;) {
      while (await isBeingSwept(address)) await delay(20);
      const there = await isThere(address);
      if (there && (await holders.has(name, holder))) return;
      await holders.add(name, holder, kind);
      if (there) continue;
      await sweepScratch(scratch, restore);
      if (await isThere(address)) continue;
      if (!(await exists(draft))) throw sweptAway(placeOf(address));
      await publish(draft, address);
    }
  }

  async function isThere(address: Address): Promise<boolean> {
    const place = placeOf(address);
    return await exists(address.shape === 'blob' ? place : join(place, 'manifest.json'));
  }

  async function isBeingSwept(address: Address): Promise<boolean> {
    const start = announcement(address);
    for (const entry of await readdir(scratch)) {
      if (!entry.startsWith(start)) continue;
      const since = await stat(join(scratch, entry)).catch(() => null);
      if (since !== null && Date.now() - since.mtimeMs < announcedMs) return true;
    }
    return false;
  }

  /** Tells everybody who puts this artifact to wait while `work` decides about it. */
  async function announced<T>(address: Address, work: () => Promise<T>): Promise<T> {
    await mkdir(scratch, { recursive: true });
    const path = join(scratch, announcement(address) + randomUUID());
    await onWrite(`announce ${path}`);
    await writeFile(path, '');
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  }

  /** Takes an artifact out of the store in one step. @returns where it lies now, or null when it was not there. */
  async function moveAway(address: Address): Promise<string | null> {
    const trash = trashPath(scratch, address);
    try {
      await mkdir(scratch, { recursive: true });
      await onWrite(`move away ${placeOf(address)}`);
      await rename(placeOf(address), trash);
      return trash;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** Puts an artifact back that was moved away, unless another one stands in its place. */
  async function moveBack(address: Address, trash: string): Promise<void> {
    await onWrite(`move back ${placeOf(address)}`);
    if (address.shape === 'tree') await rename(trash, placeOf(address)).catch(() => {});
    else await link(trash, placeOf(address)).catch(() => {}); // a rename would replace a newer one
    await bury(trash);
  }

  /** Decides about an artifact that was moved away: back, if somebody holds it and it is missed; else it goes. */
  async function restore(address: Address, trash: string): Promise<void> {
    const missed = (await holders.any(nameOf(address))) && (await damage(address, 'sizes')) !== null;
    if (missed) await moveBack(address, trash);
    else await bury(trash);
  }

  /** Deletes what was moved away, out of reach of all who might put it back. @returns false when somebody has. */
  async function bury(trash: string): Promise<boolean> {
    const dead = await markDead(trash);
    if (dead !== null) await remove(dead);
    return dead !== null;
  }

  /** From here on it is decided, whoever dies. @returns where it lies now; null when somebody has put it back */
  async function markDead(trash: string): Promise<string | null> {
    const dead = deadPath(scratch);
    await onWrite(`bury ${trash}`);
    try {
      await rename(trash, dead);
      return dead;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async function remove(dead: string): Promise<void> {
    await onWrite(`delete ${dead}`);
    await rm(dead, { recursive: true, force: true });
  }

  async function damage(address: Address, how: 'sizes' | 'digests'): Promise<string | null> {
    const place = placeOf(address);
    if (address.shape === 'blob') return await damageOf(place, null, how === 'digests' ? address.hex : null);
    const text = await readFile(join(place, 'manifest.json'), 'utf8').catch(() => null);
    if (text === null) return `${place} is not there.`;
    const manifest = parseManifest(text, address.hex);
    if (manifest === null) return `${place} has a list of files that does not have its digest.`;
    for (const file of manifest.files) {
      const path = join(place, 'files', file.sha256);
      const found = await damageOf(path, file.bytes, how === 'digests' ? file.sha256 : null);
      if (found !== null) return `${file.path}: ${found}`;
    }
    return null;
  }

  return {
    base,
    scratch,
    onWrite,
    holders,
    placeOf,
    putInPlace,
    announced,
    moveAway,
    moveBack,
    restore,
    markDead,
    remove,
    damage,
  };
}

/** What is wrong with one stored file, in words; null for nothing. */
async function damageOf(path: string, bytes: number | null, sha256: string | null): Promise<string | null> {
  try {
    const { size } = await stat(path);
    if (bytes !== null && size !== bytes) return `${path} has ${size} bytes instead of ${bytes}.`;
    if (sha256 === null) return null;
    const found = await digestFile(path);
    return found.sha256 === sha256 ? null : `${path} has the digest ${found.sha256}.`;
  } catch (error) {
    if (isMissing(error)) return `${path} is not there.`;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function sweptAway(place: string): SluiceError {
  return new SluiceError(ErrorCode.Corrupt, 'The artifact was swept away while it was being stored.', {
    where: place,
    fix: 'Try again; nothing refers to it yet.',
    permanent: false,
  });
}
