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

/** Seconds between two signs of life while an answer is not there yet. */
export const BEAT = 5;

/**
 * Answers questions, one JSON object a line each way, until the questions end:
 * `{"id": 1, "ask": "run", "with": {…}}` by `{"id": 1, "answer": …}` or `{"id": 1, "error": {code, message, where, fix}}`.
 * Answers may come in another order, and every {@link BEAT} seconds that one is worked on `{"working": true}`, so that a
 * command that hangs is told from one that fetches gigabytes. What is under way when the questions end is left alone: nobody reads it.
 */
export async function answerLines(questions: Readable, answers: Answers, ask: Ask, beat = BEAT): Promise<void> {
  let gone = false;
  let open = 0;
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
    if (line.trim() === '') return;
    open++;
    void answerOne(line, ask).then((answer) => {
      open--;
      say(answer);
    });
  });
  const beats = setInterval(() => open > 0 && say({ working: true }), beat * 1000);
  await new Promise<void>((done) => lines.once('close', () => done())).finally(() => clearInterval(beats));
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
