import type { Writable } from 'node:stream';
import type { Command } from '@sluice/sdk';
import { lineOf, readLines } from './program-lines.ts';
import { findLineProgram, type ProgramOptions } from './program-process.ts';
import { isAnswer, type Reply } from './reply.ts';
import type { SuiteCase } from './suite-cases.ts';

/** Milliseconds in which a program of the user's has to say something, or it counts as hung. */
const SILENCE = 120_000;
/** Characters of one line that it writes. */
const LINE = 1 << 22;

export interface OverAnswers {
  readonly context: ProgramOptions['context'];
  readonly command: Command;
  readonly cases: readonly SuiteCase[];
  readonly reply: (id: string) => Promise<Reply | null>;
  readonly signal: AbortSignal;
  /** Milliseconds. @default 120,000 */
  readonly silence?: number;
}

/** A line of JSON that a program wrote: an object. */
export type Said = { readonly [key: string]: unknown };

/**
 * Hands every answer of a model to a program of the user's, a case a line on its standard input (`{"id", "task",
 * "category", "input", "expected", "answer", "latencyMs"}`), and hears what it writes, line by line; what is no JSON object
 * is not for us, because programs print. It is done when it ends.
 *
 * @returns why it did not end well; null where it did
 * @throws SluiceError `CommandNotFound`, `NotFound`; the signal's reason when that aborts
 */
export async function programOverAnswers(options: OverAnswers, onLine: (said: Said) => void): Promise<string | null> {
  const { context, command, cases, reply, signal, silence = SILENCE } = options;
  signal.throwIfAborted();
  const program = await findLineProgram({ context, command, where: 'suite.json, a metric’s program' });
  try {
    const { child, ended, kill } = program.start();
    let hung = false;
    const patience = setTimeout(() => {
      hung = true;
      kill();
    }, silence);
    signal.addEventListener('abort', kill, { once: true });
    readLines(child.stdout, LINE, {
      line: (text) => {
        patience.refresh();
        const said = parsed(text);
        if (said !== null) onLine(said);
      },
      tooLong: () => patience.refresh(),
    });
    const fed = feed(child.stdin, cases, reply, patience).catch((error: unknown) => {
      kill();
      return error;
    });
    const end = await ended.finally(() => {
      clearTimeout(patience);
      signal.removeEventListener('abort', kill);
      kill(); // whoever it left behind
    });
    const unread = await fed;
    signal.throwIfAborted();
    if (unread !== undefined) throw unread;
    if (hung) return `the program was silent for ${silence / 1000} s`;
    return end === null ? null : `the program ended with ${end}${reasonIn(await program.tail())}`;
  } finally {
    await program.remove();
  }
}

function parsed(line: string): Said | null {
  try {
    const said: unknown = JSON.parse(line);
    return typeof said === 'object' && said !== null ? (said as Said) : null;
  } catch {
    return null;
  }
}

/** What a traceback is about stands last in Python, and first in Node. */
function reasonIn(tail: readonly string[]): string {
  const named = tail.findLast((line) => /^\S*(Error|Exception)\b/.test(line));
  const words = named ?? tail.slice(-3).join(' / ');
  return words === '' ? '' : `: ${words.slice(0, 400)}`;
}

async function feed(
  stdin: Writable,
  cases: readonly SuiteCase[],
  reply: (id: string) => Promise<Reply | null>,
  patience: NodeJS.Timeout,
): Promise<void> {
  for (const { id, task, category, input, expected } of cases) {
    const found = await reply(id);
    if (found === null || !isAnswer(found)) continue;
    const { answer, latencyMs } = found;
    const line = lineOf({ id, task, category, input, expected, answer, latencyMs });
    if (stdin.destroyed) return;
    if (!stdin.write(line)) await room(stdin);
    patience.refresh();
  }
  stdin.end();
}

/** Resolves when there is room for more, or nobody reads any more. */
function room(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    const on = () => {
      stdin.off('drain', on).off('close', on);
      resolve();
    };
    stdin.on('drain', on).on('close', on);
  });
}
