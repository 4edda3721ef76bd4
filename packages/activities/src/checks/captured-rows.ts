import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CapturedRequest } from '../replay/captured.ts';
import { isTooLong, jsonLine } from './json-lines.ts';

type Row = Readonly<Record<string, unknown>>;

/** What became of captured requests. */
export interface Counted {
  /** Rows written. */
  readonly rows: number;
  /** Requests that were answered well and hold rows. */
  readonly requests: number;
  /** Requests that hold no rows, or cannot be read. */
  readonly withoutRows: number;
}

/** Which of the captured rows are wanted. */
export interface Wanted {
  /** Epoch ms of arrival; what came later is left out. */
  readonly until: number;
  readonly most: number;
}

/**
 * Writes the rows of captured requests as JSON lines, as they come. Requests that failed are left out: what a caller got
 * wrong says nothing of data.
 */
export async function writeCapturedRows(
  captured: AsyncIterable<CapturedRequest | null>,
  path: string,
  { until, most }: Wanted,
): Promise<Counted> {
  const counts = { rows: 0, requests: 0, withoutRows: 0 };
  async function* lines(): AsyncGenerator<string> {
    for await (const request of captured) {
      if (counts.rows >= most) return;
      if (request !== null && (request.status >= 400 || request.at > until)) continue;
      const rows = rowsIn(request?.body ?? null)?.map(jsonLine);
      if (rows === undefined || rows.some(isTooLong)) {
        counts.withoutRows += 1;
        continue;
      }
      counts.requests += 1;
      const wanted = rows.slice(0, most - counts.rows);
      counts.rows += wanted.length;
      yield* wanted;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path));
  return counts;
}

/** Rows of a body of MLflow's scoring protocol, `dataframe_records` or `dataframe_split`; null where there are none. */
export function rowsIn(body: Buffer | null): readonly Row[] | null {
  if (body === null) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  if (!isRow(parsed)) return null;
  const { dataframe_records: records, dataframe_split: split } = parsed;
  if (Array.isArray(records)) return records.every(isRow) && records.length > 0 ? records : null;
  if (!isRow(split)) return null;
  const { columns, data } = split;
  if (!Array.isArray(columns) || !Array.isArray(data) || data.length === 0) return null;
  if (!data.every((values) => Array.isArray(values) && values.length === columns.length)) return null;
  return data.map((values: unknown[]) => Object.fromEntries(columns.map((name, i) => [String(name), values[i]])));
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
