import { join } from 'node:path';
import {
  type Checked,
  type CheckSpec,
  type Evidence,
  type SluiceActivities,
  SluiceError,
  type Verdict,
  type WorkInput,
} from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { movedTo } from '../extract/duckdb-error.ts';
import type { DuckDbSession } from '../extract/duckdb-session.ts';
import { type ActivityScope, activityScope, alive } from '../serving/activity-scope.ts';
import { type CheckResults, judgeDataset } from './judge-dataset.ts';
import { withJudgingRoom } from './judging-room.ts';
import { parquetSource } from './parquet-source.ts';
import { besideFiles, type RowsFile, rowsFile } from './rows-file.ts';

/** Rows of evidence that travel with the verdict; the report has all. */
const ROWS = 20;

type Input = WorkInput<CheckSpec>;

/** The activity `check`: judges the rows of a dataset or of captured requests, and what a model answers to them. */
export function checkActivity(context: ActivityContext): SluiceActivities['check'] {
  return (input) => {
    const scope = activityScope();
    return alive(scope, () => checkRows(context, input, scope));
  };
}

/**
 * @throws SluiceError `NotFound`, `Corrupt`, `StorageFull`, `OutOfMemory`, `Unreachable`, `InvalidStep`, `ServerNotReady`;
 * the signal's reason when it is cancelled
 */
export async function checkRows(context: ActivityContext, input: Input, scope: ActivityScope): Promise<Checked> {
  const { ref } = input;
  const { dataset, model } = input.spec;
  try {
    const judged = await withJudgingRoom(context, scope, (session, scratch) =>
      judge(context, input, session, join(scratch, 'rows'), scope),
    );
    const { file, verdict, checks, results } = judged;
    const { path: _, ...rows } = file;
    const report = { kind: 'check', step: ref.step, data: dataset?.digest ?? null, ...rows, checks, results };
    return {
      name: ref.name,
      step: ref.step,
      data: dataset?.digest ?? null,
      ...(model === null ? {} : { candidate: model.digest }),
      verdict,
      evidence: checks.slice(0, ROWS),
      report: await context.store.putText(JSON.stringify(report), 'report'),
    };
  } catch (error) {
    throw error instanceof SluiceError ? movedTo(error, `${ref.step}: ${error.where ?? 'check'}`) : error;
  }
}

interface JudgedRows {
  readonly file: RowsFile;
  readonly verdict: Verdict;
  readonly checks: readonly Evidence[];
  /** Null where there was no row to look at. */
  readonly results: CheckResults | null;
}

async function judge(
  context: ActivityContext,
  input: Input,
  session: DuckDbSession,
  folder: string,
  scope: ActivityScope,
): Promise<JudgedRows> {
  const { spec } = input;
  const file = await rowsFile(context, input, session, folder, scope);
  if (file.rows === 0) return { file, verdict: 'inconclusive', checks: [nothing(file)], results: null };
  const { source, columns } = await parquetSource(session, file.path, file.rows);
  const beside = await besideFiles(context, spec, session, folder);
  const { verdict, evidence, results } = await judgeDataset(session, source, columns, spec.checks, beside);
  return { file, verdict, checks: evidence.map((row) => noted(row, file)), results };
}

function nothing({ captured }: RowsFile): Evidence {
  const why =
    captured === null
      ? 'The dataset is empty.'
      : `Of ${captured.requests + captured.withoutRows} captured requests none had rows.`;
  return { metric: 'rows', verdict: 'inconclusive', value: 0, threshold: '> 0', n: 0, note: why };
}

/** Why rows have no answer is worth more than that they have none. */
function noted(row: Evidence, { unanswered }: RowsFile): Evidence {
  const told = row.slice === unanswered?.column && row.metric === 'not null' && row.verdict !== 'pass';
  if (unanswered === null || !told) return row;
  return {
    ...row,
    note: `${unanswered.rows} rows have no answer; the first: ${unanswered.why ?? 'it was null'}`.slice(0, 500),
  };
}
