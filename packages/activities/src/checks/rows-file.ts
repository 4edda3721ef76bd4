import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckSpec, type Dataset, ErrorCode, SluiceError, type WorkInput } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import type { DuckDbSession } from '../extract/duckdb-session.ts';
import { identifier, literal } from '../extract/sql-text.ts';
import { targetOf } from '../rollout/target-of.ts';
import type { ActivityScope } from '../serving/activity-scope.ts';
import { superviseServer } from '../serving/supervised-server.ts';
import { type Unanswered, writeAnswers } from './answered-rows.ts';
import { type Counted, writeCapturedRows } from './captured-rows.ts';
import type { Beside, Other } from './judge-dataset.ts';
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

/** Brings the rows into a folder that does not exist yet: fetched or read of captures, and answered by the model, if any. */
export async function rowsFile(
  context: ActivityContext,
  { ref, spec }: WorkInput<CheckSpec>,
  session: DuckDbSession,
  folder: string,
  scope: ActivityScope,
): Promise<RowsFile> {
  await mkdir(folder);
  const file = await given(context, spec, session, folder, scope);
  if (spec.model === null || file.rows === 0) return { ...file, unanswered: null };
  const endpoint = spec.endpoint ?? spec.captured?.endpoint ?? ref.pipeline;
  const lines = join(folder, 'rows.jsonl');
  const answers = join(folder, 'answers.jsonl');
  await writeLines(session, file, spec.as, lines, ref.step);
  const server = await superviseServer({ context, endpoint, model: spec.model, scope });
  const unanswered = await writeAnswers(server, lines, answers, scope).finally(() => server.stop());
  const path = join(folder, 'answered.parquet');
  await session.rows(`
    COPY (SELECT r.*, a.answer AS ${identifier(spec.as)}
      FROM read_parquet(${literal(file.path)}) r POSITIONAL JOIN ${readLines(answers)} a)
    TO ${literal(path)} (FORMAT parquet)`);
  return { ...file, path, unanswered: unanswered.rows === 0 ? null : { ...unanswered, column: spec.as } };
}

async function given(
  context: ActivityContext,
  { dataset, captured }: CheckSpec,
  session: DuckDbSession,
  folder: string,
  scope: ActivityScope,
): Promise<Omit<RowsFile, 'unanswered'>> {
  const path = join(folder, 'rows.parquet');
  if (dataset !== null) {
    await context.store.fetch(dataset, path);
    return { path, rows: dataset.rows, captured: null };
  }
  if (captured === null) throw new TypeError('a check of nothing');
  const { endpoint, last } = captured;
  const requests = targetOf(context, endpoint).captured(endpoint, { since: Date.now() - last, signal: scope.signal });
  const lines = join(folder, 'captured.jsonl');
  const counted = await writeCapturedRows(requests, lines, captured.rows, () => scope.heartbeat());
  if (counted.rows > 0) {
    await session.rows(`COPY (SELECT * FROM ${readLines(lines)}) TO ${literal(path)} (FORMAT parquet)`);
  }
  return { path, rows: counted.rows, captured: counted };
}

/** Datasets that checks are held against, fetched into `folder`. */
export async function besideFiles(
  context: Pick<ActivityContext, 'store'>,
  { reference, others }: Pick<CheckSpec, 'reference' | 'others'>,
  session: DuckDbSession,
  folder: string,
): Promise<Beside> {
  const fetched = async (dataset: Dataset, name: string): Promise<Other> => {
    const path = join(folder, `${name}.parquet`);
    await context.store.fetch(dataset, path);
    return parquetSource(session, path, dataset.rows);
  };
  const named: [string, Other][] = [];
  for (const [i, [name, dataset]] of Object.entries(others).entries()) {
    named.push([name, await fetched(dataset, `beside-${i}`)]);
  }
  return {
    others: Object.fromEntries(named),
    ...(reference === null ? {} : { reference: { data: await fetched(reference, 'reference') } }),
  };
}

/** Types are told by all rows, not by the first ones. */
export function readLines(path: string): string {
  return `read_json(${literal(path)}, format = 'newline_delimited', sample_size = -1, maximum_object_size = 67108864)`;
}

/** The rows as JSON lines, as a model is sent them: NaN and infinities, which JSON does not have, are null. */
async function writeLines(
  session: DuckDbSession,
  { path, rows }: Pick<RowsFile, 'path' | 'rows'>,
  as: string,
  lines: string,
  step: string,
): Promise<void> {
  const { source, columns } = await parquetSource(session, path, rows);
  if (columns.some(({ name }) => name.toLowerCase() === as.toLowerCase())) {
    throw new SluiceError(ErrorCode.InvalidStep, `The rows have a column "${as}" already.`, {
      where: step,
      fix: "Name the column of answers otherwise: as: 'answer'.",
    });
  }
  const fields = columns.map(({ name, type }) => {
    const x = identifier(name);
    return type === 'DOUBLE' || type === 'FLOAT' ? `CASE WHEN isfinite(${x}) THEN ${x} END AS ${x}` : x;
  });
  await session.rows(`COPY (SELECT ${fields} FROM ${source.all}) TO ${literal(lines)} (FORMAT json)`);
}
