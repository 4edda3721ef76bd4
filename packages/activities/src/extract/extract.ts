import { join } from 'node:path';
import { type Dataset, type SluiceActivities, SluiceError, type Verdict } from '@sluice/sdk';
import { besideFiles } from '../checks/beside-files.ts';
import { judgeDataset } from '../checks/judge-dataset.ts';
import { maskedColumns, withoutValues } from '../checks/masked.ts';
import { parquetSource } from '../checks/parquet-source.ts';
import type { ActivityContext } from '../context.ts';
import { type ActivityScope, activityScope, alive } from '../serving/activity-scope.ts';
import { onDisk } from '../store/storage-error.ts';
import { attachDatabases, connectionStrings } from './attach.ts';
import { movedTo } from './duckdb-error.ts';
import { openDuckDb, type SessionOptions } from './duckdb-session.ts';
import { extractMemory } from './memory-budget.ts';
import { writeParquet } from './parquet.ts';
import { type DatasetProfile, profileColumns } from './profile.ts';
import { checkQuery } from './query.ts';
import { withScratch } from './scratch.ts';

const mostColumns = 64;
const mostEvidence = 20;

export type ExtractInput = Parameters<SluiceActivities['extract']>[0];
/** The part of a worker's context that an extract needs. */
export type ExtractContext = Pick<ActivityContext, 'root' | 'stateDir' | 'store'>;

/** The activity `extract`: runs a step's SQL by DuckDB and stores the rows as Parquet, with profile and verdict. */
export function extractActivity(context: ExtractContext): SluiceActivities['extract'] {
  return async (input) => {
    const scope = activityScope();
    return await alive(scope, () => extractDataset(context, input, scope));
  };
}

/**
 * @throws SluiceError `InvalidSql`, `InvalidStep`, `NotFound`, `StorageFull`, `OutOfMemory`, `Unreachable`, `Refused`,
 * `InvalidConfig`; the signal's reason when it is cancelled.
 */
export async function extractDataset(
  context: ExtractContext,
  input: ExtractInput,
  { signal }: Pick<ActivityScope, 'signal'>,
): Promise<Dataset> {
  const { ref } = input;
  try {
    return await onDisk(context.stateDir, () =>
      withScratch(context.stateDir, async (scratch) => {
        const path = join(scratch, 'data.parquet');
        const memory = await extractMemory.take(signal); // however many extracts this worker runs, they share it
        const measured = writeAndMeasure(context, input, { scratch, memory: memory.bytes }, path, signal);
        const { columns, verdict, ...profile } = await measured.finally(memory.release);
        signal.throwIfAborted();
        const data = await context.store.putFile(path, 'dataset');
        const report = await context.store.putText(JSON.stringify({ ...profile, columns }), 'report');
        return {
          ...data,
          kind: 'dataset',
          name: ref.name,
          step: ref.step,
          keys: ref.keys,
          rows: profile.rows,
          columns: columns.slice(0, mostColumns).map(({ name, type }) => ({ name, type })),
          profile: report,
          verdict,
          evidence: profile.checks.slice(0, mostEvidence),
        };
      }),
    );
  } catch (error) {
    throw error instanceof SluiceError ? movedTo(error, `${ref.step}: ${error.where ?? 'extract'}`) : error;
  }
}

/** Writes the rows to a Parquet file and measures what was written. */
async function writeAndMeasure(
  context: ExtractContext,
  { spec }: ExtractInput,
  room: Pick<SessionOptions, 'scratch' | 'memory'>,
  path: string,
  signal: AbortSignal,
): Promise<DatasetProfile & { verdict: Verdict }> {
  const connections = connectionStrings(spec.attach);
  const session = await openDuckDb({ root: context.root, ...room, signal, secrets: [...connections.values()] });
  try {
    await attachDatabases(session, connections);
    const query = await checkQuery(session, spec.sql, spec.params);
    const rows = await writeParquet(session, query, path);
    const { source, columns } = await parquetSource(session, path, rows);
    const beside = await besideFiles(context, spec.reference ?? null, spec.others ?? {}, session, room.scratch);
    const { verdict, evidence, results } = await judgeDataset(session, source, columns, spec.checks, beside);
    const masked = maskedColumns(spec.checks);
    const profiled = await profileColumns(session, source, columns);
    return {
      version: 1,
      rows,
      columns: profiled.map((column) => (masked.has(column.name) ? withoutValues(column) : column)),
      checks: evidence,
      results,
      verdict,
    };
  } finally {
    session.close();
  }
}
