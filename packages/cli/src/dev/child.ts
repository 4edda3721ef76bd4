import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Whole environment. @default this process's */
  readonly env?: NodeJS.ProcessEnv;
  /** Stdout and stderr are appended to this file. */
  readonly log: string;
  /** Opens a message channel: Node programs only. @default false */
  readonly ipc?: boolean;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that does not outlive this one. */
export interface Child {
  readonly pid: number;
  readonly log: string;
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<ChildExit>;
  readonly exit: ChildExit | null;
  /** First message on its channel that `matches`; rejects when the process ends before. */
  message<Message>(matches: (message: unknown) => message is Message): Promise<Message>;
  /** Every message on its channel. */
  onMessage(listener: (message: unknown) => void): void;
  /** Says something on its channel; a process that is gone hears nothing. */
  send(message: object): void;
  /** SIGTERM, then after `grace` ms SIGKILL to its whole process group. */
  stop(grace: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts a process in a group of its own, so that a Ctrl-C at the terminal reaches it through us only and in order,
 * and ties it to our life: it is killed when this process dies by whatever means (`setpriv`, where there is one; Node
 * programs also watch their message channel).
 *
 * @throws Error with `code` `ENOENT` when there is no such program.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  mkdirSync(dirname(options.log), { recursive: true });
  rotate(options.log);
  const log = openSync(options.log, 'a');
  const [command, args] = tied(options.command, options.args);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: true,
    stdio: ['ignore', log, log, ...(options.ipc ? (['ipc'] as const) : [])],
  });
  closeSync(log);
  await new Promise<void>((done, failed) => {
    child.once('spawn', done);
    child.once('error', failed);
  });
  return new RunningChild(child, options.log);
}

class RunningChild implements Child {
  readonly #child: ChildProcess;
  readonly pid: number;
  readonly log: string;
  readonly exited: Promise<ChildExit>;
  exit: ChildExit | null = null;

  constructor(child: ChildProcess, log: string) {
    this.#child = child;
    this.log = log;
    this.pid = child.pid ?? -1;
    this.exited = new Promise((done) => {
      child.once('exit', (code, signal) => {
        this.exit = { code, signal };
        done(this.exit);
      });
    });
  }

  message<Message>(matches: (message: unknown) => message is Message): Promise<Message> {
    return new Promise((done, failed) => {
      const listener = (message: unknown) => {
        if (!matches(message)) return;
        this.#child.off('message', listener);
        done(message);
      };
      this.#child.on('message', listener);
      void this.exited.then(({ code, signal }) => failed(new Error(`it ended with ${signal ?? `exit code ${code}`}`)));
    });
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#child.on('message', listener);
  }

  send(message: object): void {
    // Of what could not be sent, its exit tells.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  async stop(grace: number): Promise<void> {
    if (this.exit === null) this.kill('SIGTERM');
    const timer = setTimeout(() => this.#killGroup(), grace);
    await this.exited;
    clearTimeout(timer);
    this.#killGroup();
  }

  kill(signal: NodeJS.Signals): void {
    if (this.exit === null) this.#child.kill(signal);
  }

  #killGroup(): void {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // Nobody is left in the group.
    }
  }
}

/** Keeps a log and its forerunner, so that a stack that is started for years does not fill the disk. */
function rotate(log: string): void {
  try {
    if (statSync(log).size > 10_000_000) renameSync(log, `${log}.1`);
  } catch {
    // There is none yet.
  }
}

let setpriv: boolean | undefined;

/** Is there a `setpriv` that can tie a process to its parent's life? */
export function hasSetpriv(): boolean {
  setpriv ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0;
  return setpriv;
}

function tied(command: string, args: readonly string[]): [string, string[]] {
  return hasSetpriv() ? ['setpriv', ['--pdeathsig', 'KILL', '--', command, ...args]] : [command, [...args]];
}

/** Last lines of a log file. */
export function tailOf(log: string, lines = 12): string[] {
  try {
    const { size } = statSync(log);
    const length = Math.min(size, 16_384);
    const buffer = Buffer.alloc(length);
    const file = openSync(log, 'r');
    try {
      readSync(file, buffer, 0, length, size - length);
    } finally {
      closeSync(file);
    }
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lines);
  } catch {
    return [];
  }
}
