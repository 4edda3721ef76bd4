import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ErrorCode, type Json, SluiceError, type UnkeptAnswer } from '@sluice/sdk';
import { single } from '../metrics/single.ts';
import type { ShadowedAnswer } from '../replay/shadowed.ts';
import { rowsIn } from './captured-rows.ts';
import { jsonLine } from './json-lines.ts';

/** What became of a shadow's answers. */
export interface ShadowCounts {
  /** Rows written, with their predictions. */
  readonly rows: number;
  /** Requests that these rows are of. */
  readonly requests: number;
  /** Rows whose answer has no prediction for them; their column is null. */
  readonly unanswered: number;
  /** Answers to requests that hold no rows, or cannot be read. */
  readonly withoutRows: number;
  /** Answers that were counted and not kept, by why. */
  readonly unkept: Readonly<Record<Exclude<UnkeptAnswer, 'form'>, number>>;
}

/** Whose answers, of which time. */
export interface ShadowWindow {
  readonly version: string;
  /** Epoch ms; `since` inclusive, `until` exclusive. */
  readonly since: number;
  readonly until: number;
}

/**
 * Writes the rows that were mirrored to a version as JSON lines, each with what it answered in the column `as`; the newest
 * requests first, `most` rows at most. The same window gives the same rows whenever it is read.
 *
 * @throws SluiceError `InvalidStep` when rows have such a column already
 */
export async function writeShadowedRows(
  answers: AsyncIterable<ShadowedAnswer | null>,
  { version, since, until }: ShadowWindow,
  as: string,
  most: number,
  path: string,
): Promise<ShadowCounts> {
  const unkept = { status: 0, size: 0 };
  const counts = { rows: 0, requests: 0, unanswered: 0, withoutRows: 0, unkept };
  async function* lines(): AsyncGenerator<string> {
    for await (const one of answers) {
      if (one !== null && (one.version !== version || one.at < since || one.at >= until)) continue;
      if (one?.unkept === 'status' || one?.unkept === 'size') {
        unkept[one.unkept] += 1;
        continue;
      }
      const rows = rowsIn(one?.body ?? null);
      if (one === null || rows === null) {
        counts.withoutRows += 1;
        continue;
      }
      if (counts.rows >= most) return;
      counts.requests += 1;
      const predictions = predictionsOf(one, rows.length);
      for (const [i, row] of rows.entries()) {
        if (counts.rows >= most) return;
        if (Object.keys(row).some((name) => name.toLowerCase() === as.toLowerCase())) throw taken(as);
        const prediction = single((predictions?.[i] ?? null) as Json) ?? null;
        counts.rows += 1;
        if (prediction === null) counts.unanswered += 1;
        yield jsonLine({ ...row, [as]: prediction });
      }
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path));
  return counts;
}

/** One a row; null where the answer has another number of them, so that nobody knows which is whose. */
function predictionsOf({ answer }: ShadowedAnswer, rows: number): readonly unknown[] | null {
  if (answer === null) return null;
  try {
    const { predictions } = JSON.parse(answer) as { readonly predictions?: unknown };
    return Array.isArray(predictions) && predictions.length === rows ? predictions : null;
  } catch {
    return null;
  }
}

function taken(as: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, `The rows have a column "${as}" already.`, {
    where: 'shadow answers',
    fix: "Name the column of answers otherwise: shadow: { percent: 20, checks: […], as: 'answer' }.",
  });
}
