import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { linesOf } from '../replay/captured-lines.ts';
import type { ActivityScope } from '../serving/activity-scope.ts';
import type { SupervisedServer } from '../serving/supervised-server.ts';

/** Rows in one request. */
const BATCH = 200;
/** Milliseconds for one request. */
const TIMEOUT = 120_000;
/** Missed deadlines after which the model counts as hung, and is not asked again. */
const DEADLINES = 5;

type Row = Readonly<Record<string, unknown>>;

/** Rows without an answer, and why the first of them has none. */
export interface Unanswered {
  readonly rows: number;
  readonly why: string | null;
}

/**
 * Writes a model's answer to every row of a file of JSON lines, `{"answer": …}` a line in the same order; null where there
 * is none. A request that fails is halved until the rows that spoil it stand alone.
 */
export async function writeAnswers(
  server: SupervisedServer,
  rowsPath: string,
  answersPath: string,
  scope: ActivityScope,
): Promise<Unanswered> {
  let [rows, missed] = [0, 0];
  let why: string | null = null;
  const answersTo = async (batch: readonly Row[]): Promise<unknown[]> => {
    const answer = missed >= DEADLINES ? null : await (await server.current()).predict(batch, { timeout: TIMEOUT });
    if (answer?.ok) return [...answer.predictions];
    if (answer?.kind === 'transport') await server.settle();
    if (answer?.kind === 'deadline') missed += 1;
    if (batch.length === 1 || answer === null) {
      rows += batch.length;
      why ??= answer?.message ?? null;
      return batch.map(() => null);
    }
    const half = Math.ceil(batch.length / 2);
    return [...(await answersTo(batch.slice(0, half))), ...(await answersTo(batch.slice(half)))];
  };
  async function* lines(): AsyncGenerator<string> {
    for await (const batch of batchesOf(rowsPath)) {
      scope.signal.throwIfAborted();
      scope.heartbeat();
      for (const answer of await answersTo(batch)) yield `${JSON.stringify({ answer: answer ?? null })}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(answersPath));
  return { rows, why };
}

async function* batchesOf(path: string): AsyncGenerator<readonly Row[]> {
  let batch: Row[] = [];
  for await (const line of linesOf(createReadStream(path))) {
    batch.push(JSON.parse(line ?? '{}') as Row);
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
