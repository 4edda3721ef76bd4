import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Command, childEnv } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import { activityEnv } from '../../gpus/gpu-pool.ts';
import { ATTEMPT_ID, newAttemptId } from '../../job/process/attempt-id.ts';
import { killAfterUs } from '../../job/process/last-will.ts';
import { logTail } from '../../job/process/log-tail.ts';
import { findProgram } from '../../job/process/program.ts';

export interface ProgramOptions {
  readonly context: Pick<ActivityContext, 'root' | 'stateDir' | 'python' | 'trainerPath'>;
  readonly command: Command;
  /** Of the suite, for errors. */
  readonly where: string;
  /** A model's folder, for `SLUICE_MODEL` and `{model}` in the arguments. */
  readonly model?: string;
}

/** A program of the user's that reads and writes lines; it can be started again and again. */
export interface Program {
  readonly file: string;
  start(): RunningProgram;
  /** The last lines that it printed to standard error. */
  tail(): Promise<string[]>;
  /** Removes what it was given to write to. */
  remove(): Promise<void>;
}

export interface RunningProgram {
  readonly child: ChildProcessWithoutNullStreams;
  /** Why it ended, once it has; null for a good end. */
  readonly ended: Promise<string | null>;
  /** Ends its process group; safe to call twice. */
  kill(): void;
}

/** Last lines of standard error in an error's words. */
const TAIL = 20;

/** Finds a program. It dies with this process, even by SIGKILL. @throws SluiceError `CommandNotFound`, `NotFound`, `InvalidConfig` */
export async function findLineProgram({ context, command, where, model }: ProgramOptions): Promise<Program> {
  const { root, python, stateDir, trainerPath } = context;
  const inherited = childEnv(activityEnv(), command.env, where);
  const { file, args } = findProgram(command, { root, python, path: inherited.PATH ?? '', where });
  const PYTHONPATH = [trainerPath, inherited.PYTHONPATH ?? ''].filter((path) => path !== '').join(delimiter);
  const id = newAttemptId();
  const scratch = join(stateDir, 'work', id);
  const log = join(scratch, 'program.log');
  await mkdir(scratch, { recursive: true });
  const env = { ...inherited, PYTHONPATH, ...(model === undefined ? {} : { SLUICE_MODEL: model }), [ATTEMPT_ID]: id };
  const words = args.map((word) => (model === undefined ? word : word.replaceAll('{model}', model)));
  return {
    file,
    start: () => running(spawn(file, words, { cwd: root, env, detached: true, stdio: 'pipe' }), log),
    tail: async () => (await logTail(log, 0).catch(() => [])).filter((line) => line !== '').slice(-TAIL),
    remove: () => rm(scratch, { recursive: true, force: true }),
  };
}

function running(child: ChildProcessWithoutNullStreams, log: string): RunningProgram {
  const forget = child.pid === undefined ? () => {} : killAfterUs(child.pid);
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // gone already
    }
    forget();
  };
  child.stderr.pipe(createWriteStream(log, { flags: 'a' }).on('error', () => {}));
  child.stdin.on('error', () => {}); // how it ended tells why it does not read
  const ended = new Promise<string | null>((done) => {
    child.once('error', (error) => done(error.message));
    child.once('close', (code, signal) => done(code === 0 ? null : (signal ?? `exit code ${code}`)));
  });
  return { child, ended, kill };
}
