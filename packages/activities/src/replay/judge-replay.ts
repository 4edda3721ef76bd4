import { type Evidence, type ReplaySpec, type Verdict, waiverName, worstFirst, worstOf } from '@sluice/sdk';
import { differenceRows } from './difference-rows.ts';
import { failureBound } from './failure-bound.ts';
import type { Outcome, Replayed } from './replayed.ts';
import type { Sample } from './sample.ts';
import { whyInShort } from './send.ts';
import { isRegression, type Waived, type WaiverUse } from './waived.ts';

/** Of rows that are about one request each. */
const REGRESSION = 'regression';

export interface Judged {
  readonly verdict: Verdict;
  /** Worst first. */
  readonly evidence: readonly Evidence[];
}

/**
 * Whatever succeeded on the old version must not fail on the new one. One regression fails the gate; too many requests
 * that the old version no longer answers, or none that it does, leave nothing to say.
 */
export function judgeReplay(sample: Sample, replayed: readonly Replayed[], spec: ReplaySpec, waived: Waived): Judged {
  const count = (outcome: Outcome) => replayed.filter((one) => one.outcome === outcome).length;
  const [stale, flaky] = [count('stale'), count('flaky')];
  const regressions = replayed.filter((one) => isRegression(one) && !waived.regressions.has(one));
  const n = replayed.length - stale - waived.regressions.size;
  const rows: Evidence[] = [
    regressionRow(regressions.length, n, sample, replayed, spec, waived),
    ...waived.waivers.map(waiverRow),
    {
      metric: 'share of requests that fail on the old version too',
      verdict: within(stale, replayed.length, spec.maxStale),
      value: replayed.length === 0 ? null : stale / replayed.length,
      threshold: `≤ ${spec.maxStale}`,
      n: replayed.length,
    },
    {
      metric: 'share of requests that fail on the candidate at times',
      verdict: within(flaky, n, spec.maxStale),
      value: n === 0 ? null : flaky / n,
      threshold: `≤ ${spec.maxStale}`,
      n,
      ...(flaky === 0 ? {} : { note: firstNote(replayed, 'flaky') }),
    },
    ...differenceRows(replayed, spec.differences ?? null, spec.maxStale),
    capturedRow(sample, replayed.length),
  ];
  const listed = regressions.map(oneRow);
  const [worst, ...others] = worstFirst(rows);
  return {
    verdict: worstOf(rows.map(({ verdict }) => verdict)),
    evidence: [...(worst === undefined ? [] : [worst]), ...listed, ...others],
  };
}

/** So many rows that regressions, however many they are, leave none of the others out as long as there is room. */
export function inShort(evidence: Judged['evidence'], rows: number): Judged['evidence'] {
  const single = evidence.filter(({ metric }) => metric === REGRESSION);
  const room = Math.max(1, rows - (evidence.length - single.length));
  const left = new Set(single.slice(room));
  return evidence.filter((row) => !left.has(row)).slice(0, rows);
}

/** Written so that a limit that is no number lets nothing pass. */
function within(count: number, of: number, most: number): Verdict {
  return of === 0 || count / of <= most ? 'pass' : 'inconclusive';
}

function regressionRow(
  regressions: number,
  n: number,
  sample: Sample,
  replayed: readonly Replayed[],
  spec: ReplaySpec,
  waived: Waived,
): Evidence {
  const row = { metric: 'requests that fail on the candidate only', value: regressions, threshold: '= 0', n };
  const seeded = { ...row, seed: spec.seed };
  if (regressions > 0) return { ...seeded, verdict: 'fail' };
  if (n === 0) {
    const waivedAll = waived.regressions.size > 0;
    const note = waivedAll
      ? 'all that the old version answers fails, and is waived'
      : 'no captured request that the old version answers';
    return { ...seeded, verdict: 'inconclusive', note };
  }
  const { share, most, captured, all } = failureBound(sample, replayed, waived);
  const bound = `${Number((100 * share).toPrecision(2))} %`;
  const said = `fewer than ${bound} of such requests fail (95 % sure)`;
  const note = all
    ? `0 of ${n}: ${said}`
    : `0 of ${n}, of ${captured} captured: ${said}; of those captured at most ${most}`;
  return { ...seeded, verdict: 'pass', note };
}

/** What is waived shows in every verdict that rests on it; a waiver that has expired, or that names nothing, too. */
function waiverRow({ waiver, expired, matched }: WaiverUse): Evidence {
  const { until, reason } = waiver;
  const when = expired ? `expired after ${until}, so it counts as none` : `until ${until}`;
  const idle = matched === 0 ? '; nothing that failed is named by it' : '';
  return {
    metric: expired ? 'expired waiver' : 'waived regressions',
    slice: waiverName(waiver),
    verdict: 'pass',
    value: matched,
    note: `${when}${idle}: ${reason}`.slice(0, 500),
  };
}

function capturedRow(sample: Sample, sent: number): Evidence {
  const left = [
    [sample.failedThen, 'failed when captured'],
    [sample.withoutBody, 'without their body'],
    [sample.malformed, 'lines that are no request'],
    [sample.withoutSpace, 'for want of space'],
  ] as const;
  const notes = left.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const kinds = `${sample.strata.length} kinds of request`;
  return {
    metric: 'captured requests',
    verdict: 'pass',
    value: sample.captured,
    n: sent,
    note: [`${sent} sent, of ${kinds}`, ...notes.map((note) => `left out: ${note}`)].join('; '),
  };
}

/** Evidence travels into Temporal's histories: what was asked and answered stays in the report. */
function oneRow({ request, old, now, outcome }: Replayed): Evidence {
  const once = outcome === 'unconfirmed' ? ', seen once' : '';
  return {
    metric: REGRESSION,
    slice: request.route,
    verdict: 'fail',
    value: null,
    note: `request ${request.id}: ${whyInShort(old, now)}${once}`,
  };
}

function firstNote(replayed: readonly Replayed[], outcome: Outcome): string {
  const first = replayed.find((one) => one.outcome === outcome);
  if (first === undefined) return '';
  return `first: request ${first.request.id}: ${whyInShort(first.old, first.now)}`;
}
