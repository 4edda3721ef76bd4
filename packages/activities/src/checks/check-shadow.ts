import { join } from 'node:path';
import {
  describeError,
  type Evidence,
  isRowRule,
  type ShadowInput,
  type ShadowOutcome,
  type SluiceActivities,
  type Verdict,
  worstFirst,
} from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { literal } from '../extract/sql-text.ts';
import type { Target } from '../rollout/target.ts';
import { targetOf } from '../rollout/target-of.ts';
import { type ActivityScope, activityScope, alive } from '../serving/activity-scope.ts';
import { besideFiles } from './beside-files.ts';
import { readJsonLines } from './json-lines.ts';
import { type CheckResults, judgeDataset } from './judge-dataset.ts';
import { type OnDuckDb, withJudgingRoom } from './judging-room.ts';
import { parquetSource } from './parquet-source.ts';
import { type ShadowCounts, writeShadowedRows } from './shadowed-rows.ts';

/** Rows of evidence that travel with the verdict; the report has all. */
const ROWS = 20;
/** Characters of a reason. */
const REASON = 1000;

/** The activity `checkShadow`: judges what a candidate answered to mirrored requests, before it answers anybody. */
export function checkShadowActivity(context: ActivityContext): SluiceActivities['checkShadow'] {
  return (input) => {
    const scope = activityScope();
    return alive(scope, () => checkShadow(context, input, scope));
  };
}

/**
 * The same answers are judged whenever it is done again. It never throws but for cancellation: what it cannot judge is a
 * verdict too, and what becomes of that is the rollout's policy.
 */
export async function checkShadow(
  context: ActivityContext,
  input: ShadowInput,
  scope: ActivityScope,
): Promise<ShadowOutcome> {
  try {
    const target = targetOf(context, input.endpoint);
    return await watched(target, input, () => judged(context, target, input, scope));
  } catch (error) {
    scope.signal.throwIfAborted();
    const note = describeError(error).slice(0, REASON);
    const row: Evidence = { metric: METRIC, slice: 'shadow', verdict: 'error', value: null, note };
    return { verdict: 'error', evidence: [row], reason: `shadow: ${note}`, rows: 0, report: null };
  }
}

/** Nobody else renews the lease of the phase meanwhile. One that is gone is met by the next change of traffic. */
async function watched<Value>(target: Target, { endpoint, renew }: ShadowInput, work: () => Promise<Value>) {
  const again = () => void target.renew(endpoint).catch(() => undefined);
  again();
  const timer = setInterval(again, renew);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

interface Judged {
  readonly counts: ShadowCounts;
  readonly verdict: Verdict;
  readonly evidence: readonly Evidence[];
  /** Null where there was no row to look at. */
  readonly results: CheckResults | null;
}

async function judged(
  context: ActivityContext,
  target: Target,
  input: ShadowInput,
  scope: ActivityScope,
): Promise<ShadowOutcome> {
  const found = await withJudgingRoom(context, scope, (onDuckDb, folder) =>
    judge(context, target, input, onDuckDb, folder, scope),
  );
  const { counts, results } = found;
  const checks = worstFirst([rowsRow(counts, input), ...found.evidence]);
  const verdict = verdictOf(found, input);
  const { endpoint, candidate, since, until } = input;
  const about = { kind: 'check', step: 'shadow', data: null, endpoint, candidate: candidate.digest, since, until };
  const report = JSON.stringify({ ...about, rows: counts.rows, shadow: counts, verdict, checks, results });
  return {
    verdict,
    evidence: checks.slice(0, ROWS),
    reason: verdict === 'pass' ? null : `shadow: ${sentence(checks, verdict)}`.slice(0, REASON),
    rows: counts.rows,
    report: await context.store.putText(report, 'report'),
  };
}

async function judge(
  context: ActivityContext,
  target: Target,
  { endpoint, candidate, checks, since, until }: ShadowInput,
  onDuckDb: OnDuckDb,
  folder: string,
  scope: ActivityScope,
): Promise<Judged> {
  const lines = join(folder, 'shadowed.jsonl');
  const answers = target.shadowed(endpoint, { since, signal: scope.signal });
  const window = { version: candidate.id, since, until };
  const counts = await writeShadowedRows(answers, window, checks.as, checks.rows, lines);
  if (counts.rows === 0) return { counts, verdict: 'inconclusive', evidence: [], results: null };
  const path = join(folder, 'rows.parquet');
  return onDuckDb(async (session) => {
    const rows = await readJsonLines(session, lines);
    await session.rows(`COPY (SELECT * FROM ${rows}) TO ${literal(path)} (FORMAT parquet)`);
    const { source, columns } = await parquetSource(session, path, counts.rows);
    const beside = await besideFiles(context, checks.reference, {}, session, folder);
    return { counts, ...(await judgeDataset(session, source, columns, checks.checks, beside)) };
  });
}

/** Of too few answers one that no row may give is wrong all the same; shares of them, and numbers of the whole, are chance. */
function verdictOf({ counts, verdict, results }: Judged, { checks: { checks }, least }: ShadowInput): Verdict {
  if (counts.requests >= least) return verdict;
  const broken = checks.some((check, i) => {
    const result = results?.results[i];
    const fails = result?.success === false && !result.exception_info.raised_exception;
    return fails && check.share === 1 && check.severity !== 'warn' && isRowRule(check.rule);
  });
  return broken ? 'fail' : 'inconclusive';
}

const METRIC = 'shadow answers';

/** How much was judged, and what was not. */
function rowsRow({ rows, requests, unanswered, withoutRows, unkept }: ShadowCounts, { least }: ShadowInput): Evidence {
  const left = [
    [unanswered, 'row', 'without a prediction'],
    [unkept.status, 'answer', 'other than 2xx'],
    [unkept.size, 'answer', 'over 256 KiB'],
    [withoutRows, 'answer', 'to requests without rows'],
  ] as const;
  const told = left.filter(([n]) => n > 0).map(([n, what, more]) => `${counted(n, what)} ${more}`);
  return {
    metric: METRIC,
    slice: 'shadow',
    verdict: requests < least ? 'inconclusive' : 'pass',
    value: requests,
    threshold: `>= ${least}`,
    n: rows,
    note: [`${counted(rows, 'row')} of ${counted(requests, 'request')}`, ...told].join('; '),
  };
}

const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

/** The worst row in words: `prediction between 0 and 500: 12 of 40 unexpected: 900 (12 times).` */
function sentence(checks: readonly Evidence[], verdict: Verdict): string {
  const row = checks.find((one) => one.verdict === verdict && one.severity !== 'warn');
  if (row === undefined) return verdict;
  const { metric, slice, value, threshold, note } = row;
  if (metric === METRIC) return `too few answers, ${threshold} requests are needed: ${note}`;
  const name = slice === undefined ? metric : `${slice} ${metric}`;
  const number = note === undefined && value !== null ? ` is ${Number(value.toPrecision(3))} (${threshold})` : '';
  return `${name}${number}${note === undefined ? '' : `: ${note}`}`;
}
