import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

let pdeathsig: boolean | null = null;

/** Whether `setpriv --pdeathsig` is there (util-linux; BusyBox has a `setpriv` without it). */
function hasPdeathsig(): boolean {
  pdeathsig ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0;
  return pdeathsig;
}

/** Spawns without a shell; where the system can, the child dies with this process, however that dies. */
export function spawnBound(command: readonly string[], options: SpawnOptions): ChildProcess {
  const bound = hasPdeathsig() ? ['setpriv', '--pdeathsig', 'KILL', '--', ...command] : command;
  const [program = '', ...args] = bound;
  return spawn(program, args, options);
}

/** Where a program would be run from, as `execvp` finds it; null when nowhere. */
export function findProgram(program: string, cwd: string, path: string | undefined): string | null {
  const candidates = program.includes('/')
    ? [isAbsolute(program) ? program : join(cwd, program)]
    : (path ?? '').split(delimiter).map((dir) => join(dir === '' ? cwd : dir, program));
  return candidates.find(isExecutableFile) ?? null;
}

function isExecutableFile(path: string): boolean {
  try {
    const info = statSync(path);
    return info.isFile() && (info.mode & 0o111) !== 0;
  } catch {
    return false;
  }
}

/** Signals a whole process group; a group that is gone is fine. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: it has ended already.
  }
}

/**
 * Kills processes that carry `name=value` in their environment: what a SIGKILLed host left behind, such as the
 * children of a model server, which no parent-death signal reaches. Linux only; elsewhere it does nothing.
 * A process may move itself to another group, but it cannot shed the environment it was born with.
 *
 * @returns the ids of the killed processes
 */
export function killLeftovers(name: string, value: string): number[] {
  const wanted = `${name}=${value}`;
  const killed: number[] = [];
  for (const entry of processIds()) {
    if (entry === process.pid || !environmentOf(entry).includes(wanted)) continue;
    try {
      process.kill(entry, 'SIGKILL');
      killed.push(entry);
    } catch {
      // It ended by itself.
    }
  }
  return killed;
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
