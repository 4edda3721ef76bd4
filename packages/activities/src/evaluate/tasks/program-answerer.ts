import { type Artifact, type Command, ErrorCode, type Json, SluiceError } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import type { ActivityScope } from '../../serving/activity-scope.ts';
import { modelFiles } from '../../serving/model-files.ts';
import { lineOf, readLines } from './program-lines.ts';
import { findLineProgram, type Program, type RunningProgram } from './program-process.ts';
import { type Answerer, answered, failed, MOST_ANSWER, type Reply } from './reply.ts';

export interface ProgramAnswererOptions {
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
const WHERE = 'suite.json, protocol.command';

/** A start of the program, and who waits for its answers. */
interface Session extends RunningProgram {
  readonly waiting: Map<string, (reply: Reply) => void>;
  over: boolean;
}

/**
 * A program that answers cases: it gets `{"id", "task", "category", "input"}` a line and writes `{"id", "answer"}` or
 * `{"id", "error"}` a line, in any order. The folder of the model is in `SLUICE_MODEL`, and `{model}` in its arguments.
 *
 * @throws SluiceError `CommandNotFound`, `NotFound`, `Corrupt`; from `ask`, `ServerNotReady` for one that ends again and
 *   again without an answer
 */
export async function programAnswerer(options: ProgramAnswererOptions): Promise<Answerer> {
  const { context, command, timeout, scope } = options;
  const model = await modelFiles(context, options.model);
  const program = await findLineProgram({ context, command, where: WHERE, model });
  let starts = 0;
  let answered = 0;
  let session: Session | null = null;
  const current = async (): Promise<Session | null> => {
    if (session !== null && !session.over) return session;
    if (starts > RESTARTS) return null;
    if (starts >= SILENT && answered === 0) throw await silent(program);
    starts += 1;
    session = begin(program, () => {
      answered += 1;
    });
    return session;
  };
  return {
    async ask({ id, task, category, input }) {
      scope.signal.throwIfAborted();
      const one = await current();
      if (one === null) return failed('transport', 'the program ended too often');
      const begun = performance.now();
      return new Promise<Reply>((resolve, reject) => {
        const end = () => {
          clearTimeout(timer);
          scope.signal.removeEventListener('abort', abort);
          one.waiting.delete(id);
        };
        const settle = (reply: Reply) => {
          end();
          resolve({ ...reply, latencyMs: Math.round((performance.now() - begun) * 100) / 100 });
        };
        const abort = () => {
          end();
          reject(scope.signal.reason as Error);
        };
        const timer = setTimeout(() => settle(failed('deadline', `no answer within ${timeout} ms`)), timeout);
        scope.signal.addEventListener('abort', abort, { once: true });
        one.waiting.set(id, settle);
        one.child.stdin.write(lineOf({ id, task, category, input }));
      });
    },
    async stop() {
      session?.kill();
      await session?.ended;
      await program.remove();
    },
  };
}

function begin(program: Program, onAnswer: () => void): Session {
  const session: Session = { ...program.start(), waiting: new Map(), over: false };
  const hear = (said: { id: string; reply: Reply } | null) => {
    if (said === null) return;
    onAnswer();
    session.waiting.get(said.id)?.(said.reply);
  };
  readLines(session.child.stdout, MOST_ANSWER, {
    line: (text) => hear(replyOf(text)),
    tooLong: (start) => hear(tooLong(start)),
  });
  void session.ended.then((why) => {
    session.over = true;
    session.kill(); // whoever it left behind
    for (const settle of session.waiting.values())
      settle(failed('transport', `the program ended (${why ?? 'exit code 0'})`));
  });
  return session;
}

/** What a line says; null for one that is about no case: programs print. */
function replyOf(line: string): { id: string; reply: Reply } | null {
  try {
    const { id, answer, error } = JSON.parse(line) as { id?: unknown; answer?: Json; error?: unknown };
    if (typeof id !== 'string') return null;
    if (answer !== undefined) return { id, reply: answered(answer, null) };
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
async function silent(program: Program): Promise<SluiceError> {
  const tail = await program.tail();
  const said = tail.length === 0 ? 'It printed nothing.' : `Its last lines:\n${tail.join('\n')}`;
  return new SluiceError(
    ErrorCode.ServerNotReady,
    `The program ${program.file} ended before it answered a case. ${said}`,
    {
      where: WHERE,
      fix: 'Run it by hand with SLUICE_MODEL set and a case as a line of JSON on its standard input.',
      data: { tail },
    },
  );
}
