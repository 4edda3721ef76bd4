import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Environment variable that marks every process of an attempt, so that a later worker can find what was left. */
export const ATTEMPT_ID = 'SLUICE_ATTEMPT_ID';

/**
 * Whose process this is: the machine and its start, the namespace that counts its processes (containers of one machine
 * have one each, and may share its name), the process's id there and when it was started.
 */
export interface Owner {
  readonly boot: string;
  readonly namespace: string;
  readonly pid: number;
  /** Clock ticks since boot; 0 where nobody can tell. */
  readonly started: number;
}

let own: string | undefined;

/** Names this worker process, so that anyone can tell whether it lives. */
export function ownerName(): string {
  own ??= [boot(), pidNamespace() || 0, process.pid, startOf(process.pid) ?? 0].join('-');
  return own;
}

export function newAttemptId(): string {
  return `${ownerName()}-${randomBytes(4).toString('hex')}`;
}

/** The owner that an attempt's id names, as {@link ownerName} gave it; null for what is no such id. */
export function ownerNameOf(id: string): string | null {
  return /^([0-9a-f]{8}-\d+-\d+-\d+)-[0-9a-f]{8}$/.exec(id)?.[1] ?? null;
}

export function parseOwner(name: string): Owner | null {
  const match = /^([0-9a-f]{8})-(\d+)-(\d+)-(\d+)$/.exec(name);
  if (match === null) return null;
  const [, boot = '', namespace = '', pid, started] = match;
  return { boot, namespace, pid: Number(pid), started: Number(started) };
}

/**
 * Does the worker process that made this id still run?
 *
 * @returns null for an id of another machine or another container, or one that is not ours: processes cannot tell.
 */
export function ownerAlive(id: string): boolean | null {
  const owner = parseOwner(ownerNameOf(id) ?? '');
  if (owner === null || owner.boot !== boot() || owner.namespace !== (pidNamespace() || '0')) return null;
  const started = startOf(owner.pid);
  if (started !== null) return owner.started === 0 || started === owner.started;
  if (process.platform === 'linux') return false;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Names a machine from one start to the next, whatever its containers call themselves. */
export function boot(): string {
  machine ??= createHash('sha256').update(bootId()).digest('hex').slice(0, 8);
  return machine;
}
let machine: string | undefined;

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  } catch {
    return hostname();
  }
}

/** Digits that name the namespace in which this process has its id; empty where there are none. */
export function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
  } catch {
    return '';
  }
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
