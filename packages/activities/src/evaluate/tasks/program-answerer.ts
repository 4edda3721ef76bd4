import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Artifact, childEnv, type Command, ErrorCode, type Json, SluiceError } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import { ATTEMPT_ID, newAttemptId } from '../../job/process/attempt-id.ts';
import { killAfterUs } from '../../job/process/last-will.ts';
import { logTail } from '../../job/process/log-tail.ts';
import { findProgram } from '../../job/process/program.ts';
import type { ActivityScope } from '../../serving/activity-scope.ts';
import { modelFiles } from '../../serving/model-files.ts';
import { readLines } from './program-lines.ts';
import { type Answerer, failed, MOST_ANSWER, type Reply } from './reply.ts';

export interface ProgramOptions {
  readonly context: ActivityContext;
  readonly model: Pick<Artifact, 'uri' | 'digest'>;
  readonly command: Command;
  /** Milliseconds for one case. */
  readonly timeout: number;
  readonly scope: ActivityScope;
}

/** Times it is started again after it ended by itself. */
const RESTARTS = 30;
/** Starts without a single answer after which it counts as broken. */
const SILENT = 3;

interface Running {
  readonly child: ChildProcess;
  readonly waiting: Map<string, (reply: Reply) => void>;
  readonly forget: () => void;
  ended: boolean;
}

/**
 * A program that answers cases: it gets `{"id", "task", "category", "input"}` a line and writes `{"id", "answer"}` or
 * `{"id", "error"}` a line, in any order. The folder of the model is in `SLUICE_MODEL`, and `{model}` in its arguments.
 *
 * @throws SluiceError `CommandNotFound`, `NotFound`, `Corrupt`
 */
export async function programAnswerer({ context, model, command, timeout, scope }: ProgramOptions): Promise<Answerer> {
  const where = 'suite.json, protocol.command';
  const files = await modelFiles(context, model);
  const inherited = childEnv(process.env, command.env, where);
  const paths = [context.trainerPath, inherited.PYTHONPATH ?? ''].filter((path) => path !== '');
  const env = { ...inherited, PYTHONPATH: paths.join(delimiter) };
  const program = findProgram(command, { root: context.root, python: context.python, path: inherited.PATH ?? '', where });
  const args = program.args.map((word) => word.replaceAll('{model}', files));
  const id = newAttemptId();
  const scratch = join(context.stateDir, 'work', id);
  const log = join(scratch, 'program.log');
  await mkdir(scratch, { recursive: true });
  let starts = 0;
  let answered = 0;
  let stopped = false;
  let running: Running | null = null;

  const start = (): Running => {
    starts += 1;
    const child = spawn(program.file, args, {
      cwd: context.root,
      env: { ...env, SLUICE_MODEL: files, [ATTEMPT_ID]: id },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const forget = child.pid === undefined ? () => {} : killAfterUs(child.pid);
    const one: Running = { child, waiting: new Map(), forget, ended: false };
    const end = (why: string) => {
      if (one.ended) return;
      one.ended = true;
      kill(one);
      for (const settle of one.waiting.values()) settle(failed('transport', why));
      one.waiting.clear();
    };
    child.stderr?.pipe(createWriteStream(log, { flags: 'a' }).on('error', () => {}));
    child.stdin?.on('error', () => end('the program does not read'));
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) => end(`the program ended (${signal ?? `exit code ${code}`})`));
    const hear = (said: { id: string; reply: Reply } | null) => {
      if (said === null) return;
      answered += 1;
      one.waiting.get(said.id)?.(said.reply);
    };
    readLines(child.stdout, MOST_ANSWER, {
      line: (text) => hear(replyOf(text)),
      tooLong: (begin) => hear(tooLong(begin)),
    });
    return one;
  };

  const current = async (): Promise<Running | null> => {
    if (running !== null && !running.ended) return running;
    if (stopped || starts > RESTARTS) return null;
    if (starts >= SILENT && answered === 0) throw await silent(program.file, log);
    running = start();
    return running;
  };

  return {
    async ask({ id: name, task, category, input }) {
      scope.signal.throwIfAborted();
      const one = await current();
      if (one === null) return failed('transport', 'the program ended too often');
      const begun = performance.now();
      return new Promise<Reply>((resolve, reject) => {
        const settle = (reply: Reply) => {
          clearTimeout(timer);
          scope.signal.removeEventListener('abort', abort);
          one.waiting.delete(name);
          resolve({ ...reply, latencyMs: Math.round((performance.now() - begun) * 100) / 100 });
        };
        const timer = setTimeout(() => settle(failed('deadline', `no answer within ${timeout} ms`)), timeout);
        const abort = () => {
          clearTimeout(timer);
          reject(scope.signal.reason as Error);
        };
        scope.signal.addEventListener('abort', abort, { once: true });
        one.waiting.set(name, settle);
        one.child.stdin?.write(`${JSON.stringify({ id: name, task, category, input })}\n`);
      });
    },
    async stop() {
      stopped = true;
      if (running !== null) {
        running.child.stdin?.end();
        kill(running);
      }
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

function kill({ child, forget }: Running): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // gone already
  }
  forget();
}

/** What a line says; null for one that is about no case. */
function replyOf(line: string): { id: string; reply: Reply } | null {
  try {
    const { id, answer, error } = JSON.parse(line) as { id?: unknown; answer?: Json; error?: unknown };
    if (typeof id !== 'string') return null;
    if (answer !== undefined) return { id, reply: { answer, latencyMs: null } };
    return { id, reply: failed('answer', typeof error === 'string' ? error : 'the line has neither answer nor error') };
  } catch {
    return null;
  }
}

/** Of a line that is too long, whose it is, if it begins with that. */
function tooLong(start: string): { id: string; reply: Reply } | null {
  const quoted = /^\s*\{\s*"id"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(start)?.[1];
  if (quoted === undefined) return null;
  const message = `the answer is larger than ${MOST_ANSWER} bytes`;
  return { id: JSON.parse(quoted) as string, reply: failed('answer', message) };
}

/** A program that ends without one answer has a reason, which it may have said. */
async function silent(file: string, log: string): Promise<SluiceError> {
  const tail = (await logTail(log, 0).catch(() => [])).filter((line) => line !== '').slice(-20);
  const said = tail.length === 0 ? 'It printed nothing.' : `Its last lines:\n${tail.join('\n')}`;
  return new SluiceError(ErrorCode.ServerNotReady, `The program ${file} ended before it answered a case. ${said}`, {
    where: 'suite.json, protocol.command',
    fix: 'Run it by hand with SLUICE_MODEL set and a case as a line of JSON on its standard input.',
    data: { tail },
  });
}
