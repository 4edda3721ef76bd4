import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { errorJson } from '../errors/render.ts';
import { UsageError } from '../errors.ts';

/** What is asked: the name of a question and what belongs to it. */
export type Ask = (question: string, given: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** Where answers are written. */
export interface Answers {
  write(text: string): unknown;
  once(event: 'error', listener: () => void): unknown;
}

/**
 * Answers questions, one JSON object a line each way, until the questions end:
 * `{"id": 1, "ask": "run", "with": {…}}` by `{"id": 1, "answer": …}` or `{"id": 1, "error": {code, message, where, fix}}`.
 * Answers may come in another order. What is under way when the questions end is left alone: nobody reads it.
 */
export async function answerLines(questions: Readable, answers: Answers, ask: Ask): Promise<void> {
  let gone = false;
  const say = (value: object) => {
    if (!gone) answers.write(`${JSON.stringify(value)}\n`);
  };
  const lines = createInterface({ input: questions, crlfDelay: Number.POSITIVE_INFINITY });
  // Whoever asked may be killed at any moment.
  answers.once('error', () => {
    gone = true;
    lines.close();
  });
  lines.on('line', (line) => {
    if (line.trim() !== '') void answerOne(line, ask).then(say);
  });
  await new Promise<void>((done) => lines.once('close', () => done()));
}

async function answerOne(line: string, ask: Ask): Promise<object> {
  let id: unknown = null;
  try {
    const asked = JSON.parse(line) as { id?: unknown; ask?: unknown; with?: unknown } | null;
    id = asked?.id ?? null;
    if (typeof asked?.ask !== 'string') throw new UsageError('A question is an object with id, ask and with.');
    const given = typeof asked.with === 'object' && asked.with !== null ? asked.with : {};
    return { id, answer: (await ask(asked.ask, given as Readonly<Record<string, unknown>>)) ?? null };
  } catch (error) {
    const garbled = error instanceof SyntaxError && id === null;
    return {
      id,
      error: errorJson(garbled ? new UsageError(`A question is one line of JSON: ${error.message}`) : error),
    };
  }
}
