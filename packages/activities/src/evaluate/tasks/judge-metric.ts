import type { Json, Verdict } from '@sluice/sdk';
import { bootstrap, pairedBootstrap } from '../../metrics/bootstrap.ts';
import type { Metric } from '../../metrics/metric.ts';
import { beyondSeen, endOf, MARGINS } from '../compare-means.ts';
import { corpusInference } from './corpus-inference.ts';
import { type Inference, mirror } from './inference.ts';
import { MIN_UNITS, meanInference } from './mean-inference.ts';
import type { MetricScores } from './scored-task.ts';
import { shareInference } from './share-inference.ts';

/** A metric over some cases of a task, before anything is held against a bound. */
export interface Measured {
  /** Cases that count. */
  readonly n: number;
  readonly clusters: number | null;
  readonly candidate: number | null;
  readonly baseline: number | null;
  /** Of the gain: above 0 the candidate is better, whatever the metric's direction. Null: nothing to compare. */
  readonly gain: Inference | null;
  /** Of the candidate's own value. */
  readonly own: Own | null;
  /** Why a good gain proves nothing; null: it does. */
  readonly doubt: string | null;
  /** Why there is no number. */
  readonly problem: { readonly verdict: Verdict; readonly note: string } | null;
}

/** What is known of the candidate's own value. */
export interface Own {
  /** Of the value, for what it must reach. */
  readonly least: Inference;
  /** Of its negative, for what it must not exceed. */
  readonly most: Inference;
}

export interface MeasureOptions {
  readonly metric: Metric;
  /** Places of these cases in the task. */
  readonly places: readonly number[];
  readonly candidate: MetricScores;
  readonly baseline: MetricScores | null;
  /** By place; null: it stands for itself. */
  readonly clusters: readonly (string | null)[];
  readonly margin: number | null;
  readonly worst: number | null;
  /** Has it a bound of its own? Otherwise nobody needs to know how sure its value is. */
  readonly bounded: boolean;
  readonly rounds: number;
  readonly seed: string;
  readonly onSlice: () => void;
}

/** Measures a metric over some cases of a task, on those that both have a score for. */
export async function measure(options: MeasureOptions): Promise<Measured> {
  const { candidate, baseline, places } = options;
  const broken = candidate.broken ?? baseline?.broken ?? null;
  const nothing = { n: 0, clusters: null, candidate: null, baseline: null, gain: null, own: null, doubt: null };
  if (broken !== null) return { ...nothing, problem: { verdict: 'error', note: broken } };
  const used = places.filter((i) => has(candidate, i) && (baseline === null || has(baseline, i)));
  if (used.length === 0) return { ...nothing, problem: { verdict: 'inconclusive', note: 'no case has a score' } };
  const clusters = clusterIndex(used.map((i) => options.clusters[i] ?? null));
  const one = partsOf(candidate, used);
  const other = baseline === null ? null : partsOf(baseline, used);
  const found =
    options.metric.of === 'case'
      ? ofMeans(one as number[], other as number[] | null, clusters, options)
      : await ofCorpus(one, other, clusters, options).catch((error: unknown): Found => {
          options.onSlice(); // throws where it was told to stop
          return { ...nothing, problem: { verdict: 'error', note: `it failed: ${(error as Error).message}` } };
        });
  const count = clusters === null ? null : new Set(clusters).size;
  return { n: used.length, clusters: count, doubt: doubtOf(candidate, places.length, used.length), ...found };
}

function doubtOf({ most = 1 }: MetricScores, cases: number, scored: number): string | null {
  if (cases - scored <= most * cases) return null;
  return `${cases - scored} of ${cases} cases have no score, and those may be the bad ones`;
}

type Found = Omit<Measured, 'n' | 'clusters' | 'doubt'>;

function ofMeans(
  one: readonly number[],
  other: readonly number[] | null,
  clusters: Int32Array | null,
  { metric, margin, worst, bounded, onSlice }: MeasureOptions,
): Found {
  const [low, high] = metric.range;
  const values = { candidate: mean(one), baseline: other === null ? null : mean(other) };
  if (!canBeSummed([...one, ...(other ?? []), margin ?? 0, worst ?? 0])) {
    const note = 'the scores are too far apart to be compared';
    return { ...values, gain: null, own: null, problem: { verdict: 'error', note } };
  }
  const n = clusters === null ? one.length : new Set(clusters).size;
  let gain: Inference | null = null;
  if (other !== null) {
    const sign = metric.better === 'higher' ? 1 : -1;
    const gains = Float64Array.from(one, (value, i) => sign * (value - (other[i] ?? 0)));
    const reach = low === null || high === null ? Number.POSITIVE_INFINITY : high - low;
    const known = Number.isFinite(reach) ? Math.min(worst ?? reach, reach) : worst;
    const [least, most] = endsOf(gains, n, margin ?? 0, known);
    const ends = [Math.max(least, -reach), Math.min(most, reach)] as const;
    gain = meanInference(gains, { ends, clusters, exact: isExact(metric, one) && isExact(metric, other), onSlice });
  }
  const own = bounded ? ownMean(metric, one, clusters, onSlice) : null;
  return { ...values, gain, own, problem: null };
}

/** Can sums of these be held in a number, and the ends that are reckoned with? What overflows would look like certainty. */
function canBeSummed(values: readonly number[]): boolean {
  const most = values.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 0);
  return Number.isFinite(2 * most * Math.max(values.length, MARGINS * beyondSeen(1)));
}

/** Divided at the end, so that right answers alone are 1; before, where the sum is too large to be held. */
function mean(values: readonly number[]): number {
  const whole = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Number.isFinite(whole) ? whole : values.reduce((sum, value) => sum + value / values.length, 0);
}

/** The candidate's own mean, from below for what it must reach, and from above for what it must not exceed. */
function ownMean(metric: Metric, one: readonly number[], clusters: Int32Array | null, onSlice: () => void): Own {
  if (isShare(metric, one) && clusters === null) {
    const share = shareInference(one.filter((value) => value === 1).length, one.length);
    return { least: share, most: mirror(share) };
  }
  const values = Float64Array.from(one);
  const n = clusters === null ? values.length : new Set(clusters).size;
  const [low, high] = endsOf(values, n, 0, null);
  const ends = [metric.range[0] ?? low, metric.range[1] ?? high] as const;
  const exact = isExact(metric, one);
  return {
    least: meanInference(values, { ends, clusters, exact, onSlice }),
    most: meanInference(
      values.map((value) => -value),
      { ends: [-ends[1], -ends[0]], clusters, exact, onSlice },
    ),
  };
}

/** Are both ends of an interval to hold for any distribution? */
function isExact(metric: Metric, values: readonly number[]): boolean {
  return (metric.of === 'case' && metric.exact === true) || isShare(metric, values);
}

/** Is every case right or wrong? */
function isShare({ range: [low, high] }: Metric, values: readonly number[]): boolean {
  return low === 0 && high === 1 && values.every((value) => value === 0 || value === 1);
}

/** Ends of values that nobody saw, on both sides. */
function endsOf(values: Float64Array, n: number, margin: number, worst: number | null): [number, number] {
  let [sum, least, most] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    sum += value / values.length;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [endOf(sum, least, n, { margin, worst }), -endOf(-sum, -most, n, { margin, worst })];
}

async function ofCorpus(
  one: readonly Json[],
  other: readonly Json[] | null,
  clusters: Int32Array | null,
  { metric, rounds, seed, bounded, onSlice, margin }: MeasureOptions,
): Promise<Found> {
  if (metric.of !== 'corpus') throw new TypeError('a corpus metric was expected');
  const [low, high] = metric.range;
  const cases = one.length;
  const units = clusters === null ? cases : new Set(clusters).size;
  const about = { cases, units, reach: low === null || high === null ? null : high - low };
  const options = { rounds, seed, onSlice, ...(clusters === null ? {} : { clusters: [...clusters] }) };
  const score = (parts: readonly Json[]) => metric.score(parts);
  const candidate = score(one);
  const baseline = other === null ? null : score(other);
  const enough = units >= MIN_UNITS;
  const compared = other !== null && margin !== null;
  let gain: Inference | null = null;
  if (compared && enough) {
    const found = corpusInference(await pairedBootstrap(one, other, score, options), about);
    gain = found === null || metric.better === 'higher' ? found : mirror(found);
  }
  const value = bounded && enough ? corpusInference(await bootstrap(one, score, options), about) : null;
  const own = value === null ? null : { least: value, most: mirror(value) };
  const lacking = (compared && gain === null) || (bounded && own === null) || candidate === null;
  const few = `fewer than ${MIN_UNITS} ${clusters === null ? 'cases' : 'clusters'}`;
  const note = enough ? 'these cases have no such number' : few;
  return { candidate, baseline, gain, own, problem: lacking ? { verdict: 'inconclusive', note } : null };
}

function has(scores: MetricScores, i: number): boolean {
  return (scores.parts[i] ?? null) !== null;
}

function partsOf(scores: MetricScores, places: readonly number[]): Json[] {
  return places.map((i) => scores.parts[i] ?? null);
}

/** Null where no case belongs to a cluster. */
function clusterIndex(names: readonly (string | null)[]): Int32Array | null {
  if (names.every((name) => name === null)) return null;
  const known = new Map<string, number>();
  let count = 0;
  return Int32Array.from(names, (name) => {
    const index = (name === null ? undefined : known.get(name)) ?? count++;
    if (name !== null) known.set(name, index);
    return index;
  });
}
