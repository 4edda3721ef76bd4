import { join } from 'node:path';
import { type Checked, type CheckSpec, type SluiceActivities, SluiceError, type WorkInput, worstOf } from '@sluice/sdk';
import { judgeChecks } from '../extract/checks.ts';
import { movedTo } from '../extract/duckdb-error.ts';
import { openDuckDb } from '../extract/duckdb-session.ts';
import type { ExtractContext } from '../extract/extract.ts';
import { extractMemory } from '../extract/memory-budget.ts';
import { parquetSource } from '../extract/parquet.ts';
import { withScratch } from '../extract/scratch.ts';
import { type ActivityScope, activityScope, alive } from '../serving/activity-scope.ts';
import { onDisk } from '../store/storage-error.ts';

/** Rows of evidence that travel with the verdict; the report has all. */
const ROWS = 20;

/** The activity `check`: judges the rows of a dataset that is there already. */
export function checkActivity(context: ExtractContext): SluiceActivities['check'] {
  return (input) => {
    const scope = activityScope();
    return alive(scope, () => checkDataset(context, input, scope));
  };
}

/**
 * @throws SluiceError `NotFound`, `Corrupt`, `StorageFull`, `OutOfMemory`, `Unreachable`; the signal's reason when it is
 * cancelled
 */
export async function checkDataset(
  context: ExtractContext,
  { ref, spec }: WorkInput<CheckSpec>,
  { signal }: Pick<ActivityScope, 'signal'>,
): Promise<Checked> {
  const { dataset } = spec;
  try {
    return await onDisk(context.stateDir, () =>
      withScratch(context.stateDir, async (scratch) => {
        const path = join(scratch, 'data.parquet');
        await context.store.fetch(dataset, path);
        const memory = await extractMemory.take(signal); // shared with whatever else this worker reads
        const judged = judgeFile(context.root, path, spec, { scratch, memory: memory.bytes }, signal);
        const { rows, checks } = await judged.finally(memory.release);
        const report = { kind: 'check', step: ref.step, data: dataset.digest, rows, checks };
        return {
          name: ref.name,
          step: ref.step,
          data: dataset.digest,
          verdict: worstOf(checks.map(({ verdict }) => verdict)),
          evidence: checks.slice(0, ROWS),
          report: await context.store.putText(JSON.stringify(report), 'report'),
        };
      }),
    );
  } catch (error) {
    throw error instanceof SluiceError ? movedTo(error, `${ref.step}: ${error.where ?? 'check'}`) : error;
  }
}

async function judgeFile(
  root: string,
  path: string,
  { dataset, checks }: CheckSpec,
  room: { readonly scratch: string; readonly memory: number },
  signal: AbortSignal,
) {
  const session = await openDuckDb({ root, ...room, signal, secrets: [] });
  try {
    const { source, columns } = await parquetSource(session, path, dataset.rows);
    return { rows: source.rows, checks: await judgeChecks(session, source, columns, checks) };
  } finally {
    session.close();
  }
}
