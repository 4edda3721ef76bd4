import { join } from 'node:path';
import { type CheckSpec, type Dataset, ErrorCode, SluiceError, type WorkInput } from '@sluice/sdk';
import { stepBegun } from '../begun.ts';
import type { ActivityContext } from '../context.ts';
import { identifier, literal } from '../extract/sql-text.ts';
import { targetOf } from '../rollout/target-of.ts';
import type { ActivityScope } from '../serving/activity-scope.ts';
import { superviseServer } from '../serving/supervised-server.ts';
import { type Unanswered, writeAnswers } from './answered-rows.ts';
import { type Counted, writeCapturedRows } from './captured-rows.ts';
import { readJsonLines } from './json-lines.ts';
import type { OnDuckDb } from './judging-room.ts';
import { parquetSource } from './parquet-source.ts';

/** The rows to check, as a Parquet file. */
export interface RowsFile {
  readonly path: string;
  readonly rows: number;
  /** Where they are captured ones. */
  readonly captured: Counted | null;
  /** Where a model left rows without an answer. */
  readonly unanswered: (Unanswered & { readonly column: string }) | null;
}

/** Brings the rows into a folder: fetched or read of captures, and answered by the model, if any. */
export async function rowsFile(
  context: ActivityContext,
  { ref, spec }: WorkInput<CheckSpec>,
  onDuckDb: OnDuckDb,
  folder: string,
  scope: ActivityScope,
): Promise<RowsFile> {
  const lines = join(folder, 'rows.jsonl');
  const file = await (spec.dataset === null
    ? captured(context, spec, onDuckDb, folder, lines, scope)
    : fetched(context, spec.dataset, folder));
  if (spec.model === null || file.rows === 0) return { ...file, unanswered: null };
  await onDuckDb(async (session) => {
    const { source, columns } = await parquetSource(session, file.path, file.rows);
    if (columns.some(({ name }) => name.toLowerCase() === spec.as.toLowerCase())) throw taken(spec.as, ref.step);
    // What callers sent goes to the model as they sent it, not as DuckDB has read it.
    if (file.captured !== null) return;
    await session.rows(`COPY (SELECT * FROM ${source.all}) TO ${literal(lines)} (FORMAT json)`);
  });
  const endpoint = spec.endpoint ?? spec.captured?.endpoint ?? ref.pipeline;
  const answers = join(folder, 'answers.jsonl');
  const server = await superviseServer({ context, endpoint, model: spec.model, scope });
  const unanswered = await writeAnswers(server, lines, answers, scope).finally(() => server.stop());
  const path = join(folder, 'answered.parquet');
  await onDuckDb(async (session) => {
    const { source } = await parquetSource(session, file.path, file.rows);
    await session.rows(`
      COPY (SELECT r.*, a.answer AS ${identifier(spec.as)}
        FROM ${source.all} r POSITIONAL JOIN ${await readJsonLines(session, answers)} a)
      TO ${literal(path)} (FORMAT parquet)`);
  });
  return { ...file, path, unanswered: unanswered.rows === 0 ? null : { ...unanswered, column: spec.as } };
}

async function fetched(
  { store }: Pick<ActivityContext, 'store'>,
  dataset: Dataset,
  folder: string,
): Promise<Omit<RowsFile, 'unanswered'>> {
  const path = join(folder, 'rows.parquet');
  await store.fetch(dataset, path);
  return { path, rows: dataset.rows, captured: null };
}

async function captured(
  context: ActivityContext,
  { captured }: CheckSpec,
  onDuckDb: OnDuckDb,
  folder: string,
  lines: string,
  scope: ActivityScope,
): Promise<Omit<RowsFile, 'unanswered'>> {
  if (captured === null) throw new TypeError('a check of nothing');
  const path = join(folder, 'rows.parquet');
  const { endpoint, last, rows: most } = captured;
  const window = { since: stepBegun() - last, until: stepBegun() };
  const requests = targetOf(context, endpoint).captured(endpoint, { since: window.since, signal: scope.signal });
  const counted = await writeCapturedRows(requests, lines, { until: window.until, most });
  if (counted.rows > 0) {
    await onDuckDb(async (session) => {
      const rows = await readJsonLines(session, lines);
      await session.rows(`COPY (SELECT * FROM ${rows}) TO ${literal(path)} (FORMAT parquet)`);
    });
  }
  return { path, rows: counted.rows, captured: counted };
}

function taken(as: string, step: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, `The rows have a column "${as}" already.`, {
    where: step,
    fix: "Name the column of answers otherwise: as: 'answer'.",
  });
}
