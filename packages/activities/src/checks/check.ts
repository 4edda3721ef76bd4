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
import { type ActivityScope, activityScope, alive } from '../serving/activity-scope.ts';
import { besideFiles } from './beside-files.ts';
import { type CheckResults, judgeDataset } from './judge-dataset.ts';
import { type OnDuckDb, withJudgingRoom } from './judging-room.ts';
import { maskedColumns } from './masked.ts';
import { parquetSource } from './parquet-source.ts';
import { type RowsFile, rowsFile } from './rows-file.ts';

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
async function checkRows(context: ActivityContext, input: Input, scope: ActivityScope): Promise<Checked> {
  const { ref } = input;
  const { dataset, model } = input.spec;
  try {
    const judged = await withJudgingRoom(context, scope, (onDuckDb, folder) =>
      judge(context, input, onDuckDb, folder, scope),
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
  onDuckDb: OnDuckDb,
  folder: string,
  scope: ActivityScope,
): Promise<JudgedRows> {
  const { spec } = input;
  const file = withoutMasked(await rowsFile(context, input, onDuckDb, folder, scope), spec);
  // Without a row there is no column of answers, nor any of captured rows; a dataset's own can be judged.
  if (file.rows === 0 && (spec.dataset === null || spec.model !== null)) {
    return { file, verdict: 'inconclusive', checks: [nothing(file)], results: null };
  }
  return onDuckDb(async (session) => {
    const { source, columns } = await parquetSource(session, file.path, file.rows);
    const beside = await besideFiles(context, spec.reference, spec.others, session, folder);
    const { verdict, evidence, results } = await judgeDataset(session, source, columns, spec.checks, beside);
    return { file, verdict, checks: evidence.map((row) => noted(row, file)), results };
  });
}

/** What a model says of a row that it cannot answer may repeat it: where a column is masked, it is not told. */
function withoutMasked(file: RowsFile, { checks }: CheckSpec): RowsFile {
  if (file.unanswered === null || maskedColumns(checks).size === 0) return file;
  return { ...file, unanswered: { ...file.unanswered, why: null } };
}

function nothing({ captured }: RowsFile): Evidence {
  const requests = captured === null ? 0 : captured.requests + captured.withoutRows;
  const none = captured === null ? 'The dataset is empty.' : 'No answered request was captured in that time.';
  const why = requests === 0 ? none : `Of ${requests} captured requests none had rows.`;
  return { metric: 'rows', verdict: 'inconclusive', value: 0, threshold: '> 0', n: 0, note: why };
}

/** Why rows have no answer is worth as much as that they have none. */
function noted(row: Evidence, { unanswered }: RowsFile): Evidence {
  const told = row.slice === unanswered?.column && row.metric === 'not null' && row.verdict !== 'pass';
  if (unanswered === null || !told) return row;
  const why = unanswered.why === null ? '' : `; the first: ${unanswered.why}`;
  return { ...row, note: `${row.note ?? ''} ${unanswered.rows} rows have no answer${why}`.trim().slice(0, 500) };
}
