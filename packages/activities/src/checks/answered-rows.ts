import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Json } from '@sluice/sdk';
import { single } from '../metrics/single.ts';
import { linesOf } from '../replay/captured-lines.ts';
import type { ActivityScope } from '../serving/activity-scope.ts';
import { eachRow, ROWS_PER_REQUEST } from '../serving/each-row.ts';
import type { SupervisedServer } from '../serving/supervised-server.ts';
import { isTooLong, jsonLine } from './json-lines.ts';

type Row = Readonly<Record<string, unknown>>;

/** Rows without an answer, and why the first of them has none. */
export interface Unanswered {
  readonly rows: number;
  readonly why: string | null;
}

/**
 * Writes a model's answer to every row of a file of JSON lines, `{"answer": …}` a line in the same order; null where there
 * is none.
 */
export async function writeAnswers(
  server: SupervisedServer,
  rowsPath: string,
  answersPath: string,
  scope: ActivityScope,
): Promise<Unanswered> {
  const ask = eachRow(server);
  let rows = 0;
  let why: string | null = null;
  async function* lines(): AsyncGenerator<string> {
    for await (const batch of batchesOf(rowsPath)) {
      scope.signal.throwIfAborted();
      scope.heartbeat();
      for (const answer of await ask(batch)) {
        const line = jsonLine({ answer: answer.ok ? (single(answer.prediction as Json) ?? null) : null });
        const long = isTooLong(line);
        if (!answer.ok || long) {
          rows += 1;
          why ??= answer.ok ? 'an answer of more than 16 MiB' : answer.why;
        }
        yield long ? jsonLine({ answer: null }) : line;
      }
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(answersPath));
  return { rows, why };
}

async function* batchesOf(path: string): AsyncGenerator<readonly Row[]> {
  let batch: Row[] = [];
  for await (const line of linesOf(createReadStream(path))) {
    batch.push(rowOf(line ?? '{}'));
    if (batch.length === ROWS_PER_REQUEST) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** A text of JSON, or what DuckDB writes for a number that is none. */
const TEXT_OR_NO_NUMBER = /"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)/g;

/** A row as a model is sent it. DuckDB writes NaN and infinities as such, which JSON does not have: they are null. */
function rowOf(line: string): Row {
  try {
    return JSON.parse(line) as Row;
  } catch {
    return JSON.parse(line.replace(TEXT_OR_NO_NUMBER, (found) => (found.startsWith('"') ? found : 'null'))) as Row;
  }
}
