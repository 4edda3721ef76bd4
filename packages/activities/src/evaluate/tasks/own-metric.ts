import type { Writable } from 'node:stream';
import type { Command } from '@sluice/sdk';
import type { Metric } from '../../metrics/metric.ts';
import { readLines } from './program-lines.ts';
import { findLineProgram, type ProgramOptions } from './program-process.ts';
import { isAnswer, type Reply } from './reply.ts';
import type { SuiteCase } from './suite-cases.ts';
import type { SuiteMetric } from './suite-file.ts';

/** Milliseconds in which a program of the user's has to say something, or it counts as hung. */
const SILENCE = 120_000;
/** Characters of one line that it writes. */
const LINE = 1 << 20;

/** What the program says of one model: a score by case, or why there is none; or why there are none at all. */
export type OwnScores =
  | { readonly scores: ReadonlyMap<string, number | { readonly problem: string }> }
  | { readonly broken: string };

/** A metric whose scores come from a program; here is only what is known of it. */
export function ownMetric({ name, as, better = 'higher', range, unit = null, command }: SuiteMetric): Metric {
  return {
    name: as ?? name,
    of: 'case',
    better,
    range: range ?? [null, null],
    unit: unit ?? null,
    signature: `${name}|command:${command?.argv.join(' ') ?? ''}`,
    score: () => ({ problem: 'the program has not scored it', blame: 'answer' }),
  };
}

/**
 * Has a program of the user's score every answer of a model. It gets a case a line on its standard input (`{"id", "task",
 * "category", "input", "expected", "answer", "latencyMs"}`), and writes a score a line: `{"id", "score"}`, or `{"id",
 * "problem"}` for an answer that it cannot score. It is done when it ends.
 *
 * @throws SluiceError `CommandNotFound`, `NotFound`; the signal's reason when that aborts
 */
export async function scoreByProgram(
  context: ProgramOptions['context'],
  command: Command,
  cases: readonly SuiteCase[],
  reply: (id: string) => Promise<Reply | null>,
  signal: AbortSignal,
  silence = SILENCE,
): Promise<OwnScores> {
  signal.throwIfAborted();
  const program = await findLineProgram({ context, command, where: 'suite.json, a metric of your own' });
  try {
    const { child, ended, kill } = program.start();
    const scores = new Map<string, number | { readonly problem: string }>();
    const known = new Set(cases.map(({ id }) => id));
    let hung = false;
    const patience = setTimeout(() => {
      hung = true;
      kill();
    }, silence);
    signal.addEventListener('abort', kill, { once: true });
    readLines(child.stdout, LINE, {
      line: (text) => {
        patience.refresh();
        note(text, known, scores);
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
    if (hung) return { broken: `the program was silent for ${silence / 1000} s` };
    if (end === null) return { scores };
    return { broken: `the program ended with ${end}${reasonIn(await program.tail())}` };
  } finally {
    await program.remove();
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
    const line = `${JSON.stringify({ id, task, category, input, expected, answer: found.answer, latencyMs: found.latencyMs })}\n`;
    if (stdin.destroyed) return;
    if (!stdin.write(line)) {
      await new Promise<void>((on) => {
        stdin.once('drain', on);
        stdin.once('close', on);
      });
    }
    patience.refresh();
  }
  stdin.end();
}

/** A line that is about no case is none of ours: programs print. */
function note(
  line: string,
  known: ReadonlySet<string>,
  scores: Map<string, number | { readonly problem: string }>,
): void {
  let said: { id?: unknown; score?: unknown; problem?: unknown };
  try {
    said = JSON.parse(line) as typeof said;
  } catch {
    return;
  }
  if (typeof said !== 'object' || said === null || typeof said.id !== 'string') return;
  const { id, score, problem } = said;
  if (!known.has(id) || scores.has(id)) return;
  if (typeof score === 'number' && Number.isFinite(score)) scores.set(id, score);
  else scores.set(id, { problem: typeof problem === 'string' ? problem.slice(0, 200) : 'the score is no number' });
}
