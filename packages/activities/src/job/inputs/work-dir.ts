import { mkdirSync, readdirSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { mkdir, readdir, realpath, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { ErrorCode, SluiceError } from '@sluice/sdk';

/** The directory of one attempt, and what lies in it. All paths are absolute. */
export interface WorkDir {
  readonly root: string;
  readonly step: string;
  readonly events: string;
  readonly output: string;
  readonly checkpoints: string;
  readonly resume: string;
  /** Checkpoints that were taken over from the trainer. */
  readonly uploads: string;
}

// What every attempt does to its own small directory is done synchronously: a call takes some ten microseconds, its way
// through the thread pool ten times as long, and a job of many short steps is made of these.

/** Folders below the state directory that hold directories of attempts, by their ids. */
export const attemptFolders = ['work', 'spare'] as const;
/**
 * Directories whose attempts left nothing in them, by the folder they are for; the next attempt takes one over. To
 * make them anew is slow where many are removed: ext4 then looks at every inode that was freed in the last minutes.
 */
const spares = new Map<string, string[]>();

export function makeWorkDir(stateDir: string, attemptId: string): WorkDir {
  const folder = resolve(stateDir, 'work');
  const root = join(folder, attemptId);
  const work: WorkDir = {
    root,
    step: join(root, 'step.json'),
    events: join(root, 'events.jsonl'),
    output: join(root, 'output'),
    checkpoints: join(root, 'checkpoints'),
    resume: join(root, 'resume'),
    uploads: join(root, 'uploads'),
  };
  const spare = spares.get(folder)?.pop();
  if (spare !== undefined && takesOver(spare, work)) return work;
  mkdirSync(root, { recursive: true });
  mkdirSync(work.output);
  mkdirSync(work.checkpoints);
  return work;
}

/** @param unfinished work that may still write to it; it is not waited for, but cleaned up after. */
export async function removeWorkDir(work: WorkDir, unfinished: Promise<unknown>): Promise<void> {
  const remove = async (): Promise<void> => {
    if (!spared(work)) await rm(work.root, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  };
  let removed: Promise<void> | null = null;
  const again = (): void => {
    if (removed !== null) void removed.then(remove);
  };
  void unfinished.then(again, again);
  await Promise.resolve(); // what is finished already is heard of first
  removed = remove();
  await removed;
}

/** Keeps the directory for a later attempt. @returns false when something was left in it. */
function spared(work: WorkDir): boolean {
  const folder = dirname(work.root);
  const spare = join(dirname(folder), 'spare', basename(work.root));
  try {
    unlinkSync(work.events); // whoever may still write to it writes to nobody
    unlinkSync(work.step);
    if (!isBare(work)) return false;
    mkdirSync(dirname(spare), { recursive: true });
    renameSync(work.root, spare);
  } catch {
    return false;
  }
  const kept = spares.get(folder);
  if (kept === undefined) spares.set(folder, [spare]);
  else kept.push(spare);
  return true;
}

function takesOver(spare: string, work: WorkDir): boolean {
  try {
    renameSync(spare, work.root);
  } catch {
    return false;
  }
  if (isBare(work)) return true;
  rmSync(work.root, { recursive: true, force: true }); // somebody wrote to it meanwhile
  return false;
}

function isBare(work: WorkDir): boolean {
  const count = (folder: string): number => readdirSync(folder).length;
  return count(work.root) === 2 && count(work.output) === 0 && count(work.checkpoints) === 0;
}

/**
 * The real path of something a trainer names, which must exist below `folder` (or be it, where `itself` is true).
 *
 * @throws SluiceError `ProtocolError`
 */
export async function pathBelow(folder: string, path: string, what: string, itself = false): Promise<string> {
  const asked = isAbsolute(path) ? path : resolve(folder, path);
  const [base, real] = await Promise.all([realpath(folder), realpath(asked).catch(() => null)]);
  if (real !== null && (real.startsWith(base + sep) || (itself && real === base))) return real;
  throw new SluiceError(
    ErrorCode.ProtocolError,
    real === null ? `The ${what} ${path} does not exist.` : `The ${what} ${path} does not lie below ${folder}.`,
    { fix: `Write the whole ${what} below that directory first, then name it in the event.` },
  );
}

/** Takes a finished checkpoint away from the trainer, at once, into a directory of its own. */
export async function takeOver(work: WorkDir, path: string, number: number): Promise<string> {
  const real = await pathBelow(work.checkpoints, path, 'checkpoint');
  const taken = join(work.uploads, String(number));
  if ((await stat(real)).isDirectory()) {
    await mkdir(work.uploads, { recursive: true });
    await rename(real, taken);
  } else {
    await mkdir(taken, { recursive: true });
    await rename(real, join(taken, real.slice(dirname(real).length + 1)));
  }
  await pruneEmpty(taken);
  return taken;
}

/** Removes empty directories below (and not) `folder`. @returns true when nothing is left in it. */
export async function pruneEmpty(folder: string): Promise<boolean> {
  let empty = true;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && (await pruneEmpty(path))) await rmdir(path);
    else empty = false;
  }
  return empty;
}

/** Epoch ms of the newest change below these paths; what does not exist counts as never. */
export async function newestChange(paths: readonly string[]): Promise<number> {
  let newest = 0;
  for (const path of paths) {
    const found = await stat(path).catch(() => null);
    if (found === null) continue;
    newest = Math.max(newest, found.mtimeMs);
    if (!found.isDirectory()) continue;
    const names = await readdir(path).catch(() => []);
    newest = Math.max(newest, await newestChange(names.map((name) => join(path, name))));
  }
  return newest;
}
