import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Address, nameOf } from './artifact-uri.ts';
import { isMissing } from './storage-error.ts';

const dayMs = 24 * 3600_000;

/** A path for something unfinished. */
export function draftPath(scratch: string): string {
  return join(scratch, `draft-${randomUUID()}`);
}

/** A path for an artifact that was taken out of the store and may have to go back; its name says where it came from. */
export function trashPath(scratch: string, address: Address): string {
  return join(scratch, `trash-${nameOf(address)}-${randomUUID()}`);
}

/** A path for what is decided to go: nobody brings it back from there. */
export function deadPath(scratch: string): string {
  return join(scratch, `dead-${randomUUID()}`);
}

/**
 * Clears up after processes that died: hands every artifact that was moved away to `restore`, which puts it back or
 * deletes it, and removes what is decided to go or what nobody has touched for a day.
 */
export async function sweepScratch(
  scratch: string,
  restore: (address: Address, trash: string) => Promise<void>,
  now = Date.now(),
): Promise<void> {
  const entries = await readdir(scratch).catch(() => []);
  for (const entry of entries) {
    const path = join(scratch, entry);
    const [, shape, hex] = /^trash-(blob|tree)-([0-9a-f]{64})-/.exec(entry) ?? [];
    if ((shape === 'blob' || shape === 'tree') && hex !== undefined) {
      await restore({ shape, hex }, path);
      continue;
    }
    const changed = entry.startsWith('dead-') ? 0 : await newestChange(path);
    if (changed !== null && now - changed >= dayMs) await rm(path, { recursive: true, force: true });
  }
}

/** Epoch ms of the last change at or below a path; null when it is gone. */
export async function newestChange(path: string): Promise<number | null> {
  try {
    const own = await stat(path);
    if (!own.isDirectory()) return own.mtimeMs;
    const below = await Promise.all((await readdir(path)).map((name) => newestChange(join(path, name))));
    return Math.max(own.mtimeMs, ...below.map((time) => time ?? 0));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Bytes of all files at or below a path. */
export async function sizeBelow(path: string): Promise<number> {
  try {
    const own = await stat(path);
    if (!own.isDirectory()) return own.size;
    const below = await Promise.all((await readdir(path)).map((name) => sizeBelow(join(path, name))));
    return below.reduce((sum, bytes) => sum + bytes, 0);
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
