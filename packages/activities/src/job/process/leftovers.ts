import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActivityContext } from '../../context.ts';
import { cleanCache } from '../inputs/inputs.ts';
import { attemptFolders } from '../inputs/work-dir.ts';
import { ATTEMPT_ID, ownerAlive, ownerNameOf } from './attempt-id.ts';
import { holdOwner, holdsOwner, OWNERS } from './owner-lock.ts';

/**
 * Kills processes of attempts whose worker is dead: what a trainer started outlives the trainer itself. Looks for
 * their environment in `/proc`, so it does nothing where there is none.
 *
 * @param attempt only this attempt, whether its worker lives or not
 * @returns the pids that were killed
 */
export async function killLeftovers(attempt?: string): Promise<number[]> {
  const pids = await readdir('/proc').catch(() => []);
  const killed = await Promise.all(
    pids.map(async (name) => {
      const pid = Number(name);
      if (!Number.isInteger(pid) || pid === process.pid || pid === process.ppid) return [];
      const id = await attemptOf(pid);
      if (id === null || (attempt === undefined ? ownerAlive(id) !== false : id !== attempt)) return [];
      try {
        process.kill(pid, 'SIGKILL');
        return [pid];
      } catch {
        return [];
      }
    }),
  );
  return killed.flat();
}

/**
 * Cleans the cache, and removes the work directories, and kills the processes, of attempts whose worker is dead; called
 * when a worker starts. What a worker in another container may still use is left alone.
 */
export async function cleanWork(context: Pick<ActivityContext, 'stateDir'>): Promise<void> {
  const { stateDir } = context;
  holdOwner(stateDir);
  await Promise.all([killLeftovers(), cleanCache(context)]);
  const judged = new Map<string, boolean | null>();
  const isDead = async (id: string): Promise<boolean> => {
    const name = ownerNameOf(id);
    if (name === null) return false;
    if (!judged.has(name)) judged.set(name, ownerAlive(id) ?? (await holdsOwner(stateDir, name)));
    return judged.get(name) === false;
  };
  for (const folder of attemptFolders.map((name) => join(stateDir, name))) {
    for (const id of await readdir(folder).catch(() => [])) {
      if (await isDead(id)) await rm(join(folder, id), { recursive: true, force: true });
    }
  }
  for (const name of await readdir(join(stateDir, OWNERS)).catch(() => [])) {
    const owner = name.replace(/\.new$/, '');
    if (await isDead(`${owner}-00000000`)) await rm(join(stateDir, OWNERS, name), { force: true });
  }
}

async function attemptOf(pid: number): Promise<string | null> {
  try {
    const environ = await readFile(`/proc/${pid}/environ`, 'utf8');
    const entry = environ.split('\0').find((line) => line.startsWith(`${ATTEMPT_ID}=`));
    return entry === undefined ? null : entry.slice(ATTEMPT_ID.length + 1);
  } catch {
    return null; // ended meanwhile, or not ours to read
  }
}
