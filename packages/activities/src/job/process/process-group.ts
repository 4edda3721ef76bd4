import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { killAfterUs } from './last-will.ts';
import type { Program } from './program.ts';

export interface Exit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process without a shell, leader of a group of its own. */
export interface ProcessGroup {
  readonly pid: number;
  /** Size of the log when it was started, bytes. */
  readonly logFrom: number;
  /** The leader's exit. Others of its group may still run. */
  readonly exited: Promise<Exit>;
  /**
   * SIGTERM to the leader, which knows best how to stop its own helpers; once it is gone, to whoever is left.
   */
  terminate(): void;
  /** SIGKILL to the whole group. */
  kill(): void;
  /** Is any process of the group running? */
  running(): boolean;
}

export interface GroupOptions {
  readonly program: Program;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** File that standard output and standard error are appended to. */
  readonly log: string;
}

/**
 * Starts a process group. It writes to its log by itself, so nothing it prints waits for this process. It dies with
 * this process, even by SIGKILL.
 *
 * @throws SluiceError `CommandNotFound` when the program cannot be executed.
 */
export async function startGroup(options: GroupOptions): Promise<ProcessGroup> {
  mkdirSync(dirname(options.log), { recursive: true });
  const log = openSync(options.log, 'a');
  try {
    return await launch(options, log);
  } finally {
    closeSync(log);
  }
}

function launch({ program, cwd, env }: GroupOptions, log: number): Promise<ProcessGroup> {
  return new Promise((started, failed) => {
    const logFrom = fstatSync(log).size;
    const child = spawn(program.file, [...program.args], {
      cwd,
      env,
      detached: true,
      shell: false,
      stdio: ['ignore', log, log],
    });
    const { pid } = child;
    let gone = false;
    let forget = (): void => {};
    const exited = new Promise<Exit>((done) => {
      child.once('exit', (code, signal) => {
        gone = true;
        if (pid !== undefined && !send(-pid, 0)) forget();
        done({ code, signal });
      });
    });
    child.once('error', (error: NodeJS.ErrnoException) => failed(cannotExecute(program.file, error)));
    if (pid === undefined) return; // the error event follows
    forget = killAfterUs(pid);
    started({
      pid,
      logFrom,
      exited,
      terminate: () => send(gone ? -pid : pid, 'SIGTERM'),
      kill: () => {
        send(-pid, 'SIGKILL');
        if (gone) forget();
      },
      running: () => !gone || groupRuns(pid),
    });
  });
}

function cannotExecute(file: string, error: NodeJS.ErrnoException): unknown {
  if (error.code === 'EAGAIN' || error.code === 'ENOMEM') return error; // this machine is full; another may not be
  return new SluiceError(ErrorCode.CommandNotFound, `The program ${file} cannot be executed: ${error.message}.`, {
    fix: 'Check its first line (#!), that it may be executed, and that it was built for this machine.',
    cause: error,
  });
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // gone already
  }
}

/** Zombies count as gone: in a container nobody may ever collect them. */
function groupRuns(group: number): boolean {
  if (!send(-group, 0)) return false;
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return pgrp === String(group) && state !== 'Z' && state !== 'X';
    } catch {
      return false;
    }
  });
}
