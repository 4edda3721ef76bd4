import { type Verdict, worstOf } from '@sluice/sdk';
import type { Metric } from '../../metrics/metric.ts';
import { type Inference, TAIL } from './inference.ts';
import type { Measured } from './judge-metric.ts';
import { MIN_UNITS } from './mean-inference.ts';

/** A metric over a task or one category of it, measured and not yet judged. */
export interface Draft {
  readonly task: string;
  readonly category: string | null;
  readonly name: string;
  readonly metric: Metric;
  readonly margin: number | null;
  /** Given for this category: it has to be decided. */
  readonly explicit: boolean;
  readonly least: number | null;
  readonly most: number | null;
  readonly measured: Measured;
  /** What is to be said of the scores themselves. */
  readonly told: readonly string[];
  /** So many of the baseline's answers cannot be scored that being no worse than they are says nothing. */
  readonly unmeasured: boolean;
}

/** The comparisons that could fail a gate, of which Holm's method keeps the chance of any false alarm. */
export interface Tests {
  readonly margin: number | null;
  readonly least: number | null;
  readonly most: number | null;
}

/** What one rule says of a row. */
export interface Finding {
  readonly verdict: Verdict;
  /** It would fail if it were the only comparison: undecided, but not to be passed over. */
  readonly suspect?: boolean;
  readonly needed: number | null;
  readonly note?: string;
}

const UNMEASURED: Finding = { verdict: 'inconclusive', needed: null, note: 'too many answers cannot be scored' };

/** Against the baseline; null where the suite asks for nothing of the kind, or there is no baseline. */
export async function against(
  { measured, margin, metric, unmeasured }: Draft,
  p: number | null,
  sameModel: boolean,
): Promise<Finding | null> {
  const { gain, problem, baseline } = measured;
  if (margin === null) return null;
  if (problem?.verdict === 'error') return { verdict: 'error', needed: null };
  if (unmeasured && (sameModel || baseline === null)) return UNMEASURED;
  if (baseline === null && gain === null && problem === null) return null;
  if (sameModel) return { verdict: 'pass', needed: null, note: 'the candidate is the baseline, byte for byte' };
  if (problem !== null) return { verdict: problem.verdict, needed: null };
  if (gain === null || p === null) return { verdict: 'inconclusive', needed: null };
  const found = sided(gain, -margin, p);
  const doubt = unmeasured ? 'too many answers of the baseline cannot be scored' : measured.doubt;
  if (found === 'pass' && doubt !== null) return { verdict: 'inconclusive', needed: null, note: doubt };
  if (found !== 'inconclusive') return enough(metric, measured) ?? { verdict: found, needed: null };
  return { ...(await tooFew(gain, -margin, measured.n)), suspect: gain.below(-margin) < TAIL };
}

/** The metric itself, against the bounds that the suite gives. */
export async function bounded({ measured, metric, least, most }: Draft, p: Tests): Promise<Finding> {
  const { own, problem, n } = measured;
  if (least === null && most === null) return { verdict: 'pass', needed: null };
  if (own === null) return { verdict: problem?.verdict ?? 'inconclusive', needed: null };
  const findings: Finding[] = [];
  for (const [at, found, adjusted] of [
    [least, own.least, p.least],
    [most === null ? null : -most, own.most, p.most],
  ] as const) {
    if (at === null || adjusted === null) continue;
    const verdict = sided(found, at, adjusted);
    if (verdict === 'inconclusive') findings.push(await tooFew(found, at, n));
    else findings.push(enough(metric, measured) ?? { verdict, needed: null });
  }
  const verdict = worstOf(findings.map((one) => one.verdict));
  return findings.find((one) => one.verdict === verdict) ?? { verdict, needed: null };
}

/** Above `at`, for all but {@link TAIL}; below it, by a p that is adjusted for all comparisons; or neither. */
function sided(found: Inference, at: number, adjusted: number): Verdict {
  if (found.above(at) < TAIL) return 'pass';
  return adjusted < TAIL ? 'fail' : 'inconclusive';
}

async function tooFew(found: Inference, at: number, n: number): Promise<Finding> {
  if (found.below(at) < TAIL) {
    const note = 'it would be worse if it stood alone; among so many comparisons that may be chance';
    return { verdict: 'inconclusive', needed: null, note };
  }
  const needed = await found.needed(at);
  if (needed === null) {
    return { verdict: 'inconclusive', needed, note: 'too close to the bound for any number of cases to tell' };
  }
  const note = `too few cases to tell: about ${roundedUp(Math.max(1, needed - n))} more like these would do`;
  return { verdict: 'inconclusive', needed, note };
}

/** Of numbers without known ends, few cases say nothing, however alike they are. */
function enough({ range: [low, high] }: Metric, { n, clusters }: Measured): Finding | null {
  if ((low !== null && high !== null) || (clusters ?? n) >= MIN_UNITS) return null;
  const note = `fewer than ${MIN_UNITS} ${clusters === null ? 'cases' : 'clusters'}`;
  return { verdict: 'inconclusive', needed: clusters === null ? MIN_UNITS : null, note };
}

/** Up to two digits that count, never down: 368 is 370. */
function roundedUp(count: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return (Math.ceil(count / unit) * unit).toLocaleString('en');
}
