import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Environment variable that marks every process of an attempt, so that a later worker can find what was left. */
export const ATTEMPT_ID = 'SLUICE_ATTEMPT_ID';

let owner: string | undefined;

/** An id that names its owner, this worker process, so that anyone on this machine can tell whether that lives. */
export function newAttemptId(): string {
  owner ??= [host(), process.pid, startOf(process.pid) ?? 0].join('-');
  return `${owner}-${randomBytes(4).toString('hex')}`;
}

/**
 * Does the worker process that made this id still run?
 *
 * @returns null for an id of another machine, or one that is not ours: nobody here can tell.
 */
export function ownerAlive(id: string): boolean | null {
  const match = /^([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{8}$/.exec(id);
  if (match === null || match[1] !== host()) return null;
  const pid = Number(match[2]);
  const started = startOf(pid);
  if (started !== null) return match[3] === '0' || started === Number(match[3]);
  if (process.platform === 'linux') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function host(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

/** When a process started, in clock ticks since boot: pids come back, pids with their start time do not. */
function startOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : Number(fields[19]);
  } catch {
    return null;
  }
}
