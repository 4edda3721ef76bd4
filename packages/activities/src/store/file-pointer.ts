import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ErrorCode, errorCode, SluiceError } from '@sluice/sdk';
import type { Pointer } from './artifact-store.ts';
import { type OnWrite, syncDirectory, writeDurably } from './durable-file.ts';
import { entryName } from './entry-name.ts';
import { isMissing } from './storage-error.ts';
import type { StoredPointer } from './store-sweep.ts';

/** Versions that are kept however old they are. */
const keptVersions = 16;
/** How long a version's file stays after it was written, ms. A swap that takes longer than half of this has lost. */
const versionLife = 24 * 3600_000;

/**
 * A pointer as a folder of numbered version files, without a lock. A swap writes its version beside the others and
 * then links it to the next number, which fails when that number is taken: so every number has one author, and the
 * highest number is the pointer's value. A number is free again once its file is pruned; since files live for a day,
 * only a writer that slept for most of a day between its look and its link could take one, and that is checked.
 */
export interface FilePointers {
  read(key: string): Promise<Pointer | null>;
  swap(key: string, expected: string | null, value: string): Promise<string | null>;
  /** Every pointer there is. */
  list(): AsyncIterable<StoredPointer>;
  /** Removes a pointer that still has this version; false when it changed meanwhile. */
  remove(key: string, version: string): Promise<boolean>;
}

interface VersionFile {
  readonly key: string;
  /** Tells the author whether a number that is taken was taken by itself, where the network hid the answer. */
  readonly nonce: string;
  readonly value: string;
}

export function filePointers(root: string, scratch: string, onWrite: OnWrite): FilePointers {
  const folderOf = (key: string) => join(root, entryName(key));
  return {
    async read(key) {
      for (;;) {
        const highest = (await versionsOf(folderOf(key))).at(-1);
        if (highest === undefined) return null;
        const file = await readVersion(folderOf(key), highest);
        if (file !== null) return { value: file.value, version: String(highest) };
      }
    },
    async swap(key, expected, value) {
      const started = Date.now();
      const folder = folderOf(key);
      const highest = (await versionsOf(folder)).at(-1) ?? 0;
      if (String(highest) !== (expected ?? '0')) return null;
      const mine: VersionFile = { key, nonce: randomUUID(), value };
      const next = highest + 1;
      const target = join(folder, fileName(next));
      const draft = join(scratch, `pointer-${mine.nonce}`);
      try {
        await onWrite(`make ${folder}`);
        await mkdir(scratch, { recursive: true });
        await mkdir(folder, { recursive: true });
        await writeDurably(JSON.stringify(mine), draft, onWrite);
        await onWrite(`link ${target}`);
        if (!(await linkOnce(draft, target, async () => (await readVersion(folder, next))?.nonce === mine.nonce)))
          return null;
        if (Date.now() - started > versionLife / 2 && ((await versionsOf(folder)).at(-1) ?? 0) > next) {
          await rm(target, { force: true });
          return null;
        }
        await onWrite(`sync ${folder}`);
        await syncDirectory(folder);
      } finally {
        await rm(draft, { force: true });
      }
      await prune(folder, next, onWrite).catch(() => {});
      return String(next);
    },
    async *list() {
      for (const name of await readdir(root).catch(() => [])) {
        const found = await newestIn(join(root, name));
        if (found !== null) yield found;
      }
    },
    /** Moves the whole folder away and looks again: a swap that came in between brings it back. */
    async remove(key, version) {
      const folder = folderOf(key);
      if (String((await versionsOf(folder)).at(-1)) !== version) return false;
      const trash = join(scratch, `pointer-${randomUUID()}`);
      await mkdir(scratch, { recursive: true });
      await onWrite(`remove ${folder}`);
      await rename(folder, trash);
      const unchanged = String((await versionsOf(trash)).at(-1)) === version;
      if (unchanged || !(await bringBack(trash, folder))) await rm(trash, { recursive: true, force: true });
      return unchanged;
    },
  };
}

async function newestIn(folder: string): Promise<StoredPointer | null> {
  for (;;) {
    const highest = (await versionsOf(folder)).at(-1);
    if (highest === undefined) return null;
    const file = await readVersion(folder, highest);
    const changed = await stat(join(folder, fileName(highest))).catch(() => null);
    if (file === null || changed === null) continue; // pruned meanwhile: there is a newer one
    return { key: file.key, value: file.value, version: String(highest), changedAt: changed.mtimeMs };
  }
}

/** False when another swap has made the folder anew; its numbers are lower, so the versions go back one by one. */
async function bringBack(trash: string, folder: string): Promise<boolean> {
  try {
    await rename(trash, folder);
    return true;
  } catch (error) {
    if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
    for (const version of await versionsOf(trash)) {
      await link(join(trash, fileName(version)), join(folder, fileName(version))).catch(() => {});
    }
    return false;
  }
}

/** True when the link was made by this call, even where the answer to it was lost on the way and it was sent again. */
async function linkOnce(from: string, to: string, isMine: () => Promise<boolean>): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') return await isMine();
    if (code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS' || code === 'EPERM') {
      throw new SluiceError(ErrorCode.InvalidConfig, `The store's file system has no hard links (${code}).`, {
        where: to,
        fix: 'Put the store on a local disk or on NFS, or use azureBlob().',
        cause: error,
      });
    }
    throw error;
  }
}

const fileName = (version: number) => `${String(version).padStart(12, '0')}.json`;

/** Numbers of the versions there are, ascending. */
async function versionsOf(folder: string): Promise<number[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /^\d{12}\.json$/.test(name))
      .map((name) => Number(name.slice(0, 12)))
      .sort((a, b) => a - b);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Null when the version was pruned meanwhile. */
async function readVersion(folder: string, version: number): Promise<VersionFile | null> {
  const path = join(folder, fileName(version));
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  try {
    return JSON.parse(text) as VersionFile;
  } catch (cause) {
    throw new SluiceError(ErrorCode.Corrupt, 'A version of a pointer is not whole.', {
      where: path,
      fix: 'The disk lost bytes that were written. Restore the file from a copy, or delete it to go back one version.',
      cause,
    });
  }
}

async function prune(folder: string, newest: number, onWrite: OnWrite): Promise<void> {
  if (newest <= keptVersions) return;
  const versions = await versionsOf(folder);
  const { mtimeMs: now } = await stat(join(folder, fileName(newest)));
  for (const version of versions) {
    if (version > newest - keptVersions) return;
    const path = join(folder, fileName(version));
    if (now - (await stat(path)).mtimeMs < versionLife) return;
    await onWrite(`prune ${path}`);
    await rm(path, { force: true });
  }
}
