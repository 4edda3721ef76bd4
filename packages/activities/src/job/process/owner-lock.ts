import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, renameSync, utimesSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { boot, ownerName, parseOwner } from './attempt-id.ts';

/** Folder below the state directory in which each worker has a file that it holds locked. */
export const OWNERS = 'workers';

const TOUCH_MS = 10 * 60_000;
/** A worker of another machine that has not touched its file for so long is gone. */
const GONE_MS = 24 * 3600_000;

const held = new Set<string>();

/**
 * Holds this worker's file in the state directory for as long as this process lives. Locks are the kernel's (`flock(2)`),
 * so those in other containers of the machine can tell whether the worker lives, though they do not see its processes.
 * Where there is no program `flock`, they cannot, and leave its directories alone.
 */
export function holdOwner(stateDir: string): void {
  const folder = join(stateDir, OWNERS);
  const path = join(folder, ownerName());
  if (held.has(path) || process.platform !== 'linux') return;
  held.add(path);
  try {
    mkdirSync(folder, { recursive: true });
    const fresh = `${path}.new`;
    const file = openSync(fresh, constants.O_RDWR | constants.O_CREAT, 0o600);
    // Under its name only once it is locked: nobody finds it unlocked meanwhile.
    if (lock(file)) renameSync(fresh, path);
    setInterval(() => touch(path), TOUCH_MS).unref();
  } catch {
    // A disk that is full: nobody can tell, and nothing of this worker's is removed.
  }
}

/**
 * Does the worker with this name, of another container or machine that uses the state directory too, still live?
 *
 * @returns null when nobody can tell
 */
export async function holdsOwner(stateDir: string, name: string): Promise<boolean | null> {
  const path = join(stateDir, OWNERS, name);
  const found = await stat(path).catch(() => null);
  if (found === null) return null;
  // Locks hold within one machine; not every network file system knows of those on another one.
  if (parseOwner(name)?.boot !== boot()) return Date.now() - found.mtimeMs > GONE_MS ? false : null;
  try {
    const file = openSync(path, constants.O_RDWR);
    try {
      return !lock(file);
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

/** @returns false when somebody else has it @throws where nobody can tell */
function lock(file: number): boolean {
  // Node cannot lock, but a lock belongs to the open file: the helper takes it by our descriptor and ends.
  const { status, error, stderr } = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', file],
    encoding: 'utf8',
    env: { PATH: [process.env.PATH, '/usr/bin', '/bin'].filter(Boolean).join(':') },
  });
  if (status === 0) return true;
  if (status === 1 && stderr === '') return false;
  throw error ?? new Error(`flock ended with ${status}: ${stderr}`);
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // The state directory was removed under us.
  }
}
