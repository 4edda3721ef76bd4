import { ErrorCode, SluiceError } from '@sluice/sdk';
import { type Random, seededRandom } from '../statistics/random.ts';
import { turns } from '../statistics/turns.ts';

export interface BootstrapOptions {
  /** The same seed draws the same cases, whatever is computed of them. */
  readonly seed: number | string;
  /** @default 1000 */
  readonly rounds?: number;
  /** Coverage of the interval. @default 0.95 */
  readonly confidence?: number;
  /** What each case belongs to, such as a document: cases of one cluster are drawn together. */
  readonly clusters?: readonly (string | number)[];
  /** Called between slices of work; throw to stop. */
  readonly onSlice?: () => void;
}

export interface Resampled {
  /** Of the cases as they are; null where they have no score. */
  readonly estimate: number | null;
  /** Percentiles of the rounds; null where fewer than half of them have a score. */
  readonly interval: readonly [number, number] | null;
  readonly standardError: number | null;
  /** A value for each round that had a score, in the order of rounds. */
  readonly values: Float64Array;
  /** Rounds whose cases had no score, such as an AUC of one class only. */
  readonly withoutScore: number;
}

/**
 * Draws cases with replacement, as many as there are, and computes the score of them, round after round: Efron and
 * Tibshirani, "An introduction to the bootstrap" (1993), chapter 13, percentile intervals.
 */
export async function bootstrap<Part>(
  parts: readonly Part[],
  score: (parts: readonly Part[]) => number | null,
  options: BootstrapOptions,
): Promise<Resampled> {
  return resample(parts.length, (draw) => score(draw(parts)), options);
}

/**
 * The same of the difference candidate − baseline: every round draws the same cases for both, so that what is hard for
 * both does not widen the interval.
 *
 * @param candidate One part a case; `baseline` those of the same cases in the same order.
 * @throws SluiceError `Internal` for lists of different lengths
 */
export async function pairedBootstrap<Part>(
  candidate: readonly Part[],
  baseline: readonly Part[],
  score: (parts: readonly Part[]) => number | null,
  options: BootstrapOptions,
): Promise<Resampled> {
  checkLength('baseline', baseline.length, candidate.length);
  const difference = (draw: Draw): number | null => {
    const [one, other] = [score(draw(candidate)), score(draw(baseline))];
    return one === null || other === null ? null : one - other;
  };
  return resample(candidate.length, difference, options);
}

type Draw = <Part>(parts: readonly Part[]) => readonly Part[];

async function resample(
  n: number,
  scoreOf: (draw: Draw) => number | null,
  { seed, rounds = 1000, confidence = 0.95, clusters, onSlice }: BootstrapOptions,
): Promise<Resampled> {
  if (clusters !== undefined) checkLength('clusters', clusters.length, n);
  const estimate = n === 0 ? null : scoreOf((parts) => parts);
  if (estimate === null) {
    return { estimate, interval: null, standardError: null, values: new Float64Array(0), withoutScore: 0 };
  }
  const random = seededRandom(seed);
  const draw = clusters === undefined ? singly(n) : together(clusters);
  const values: number[] = [];
  const turn = turns(onSlice);
  for (let round = 0; round < rounds; round += 1) {
    const places = draw(random);
    const value = scoreOf((parts) => Array.from(places, (at) => parts[at] as (typeof parts)[number]));
    if (value !== null) values.push(value);
    await turn();
  }
  const all = Float64Array.from(values);
  const withoutScore = rounds - all.length;
  if (all.length * 2 < rounds) return { estimate, interval: null, standardError: null, values: all, withoutScore };
  const sorted = all.slice().sort();
  const tail = (1 - confidence) / 2;
  return {
    estimate,
    interval: [quantile(sorted, tail), quantile(sorted, 1 - tail)],
    standardError: deviation(all),
    values: all,
    withoutScore,
  };
}

function singly(n: number): (random: Random) => Uint32Array {
  const places = new Uint32Array(n);
  return (random) => {
    for (let at = 0; at < n; at += 1) places[at] = random.below(n);
    return places;
  };
}

/** Draws as many clusters as there are, each with all its cases. */
function together(clusters: readonly (string | number)[]): (random: Random) => Uint32Array {
  const members = new Map<string | number, number[]>();
  for (const [at, cluster] of clusters.entries()) {
    const known = members.get(cluster);
    if (known === undefined) members.set(cluster, [at]);
    else known.push(at);
  }
  const all = [...members.values()];
  return (random) => Uint32Array.from(all.flatMap(() => all[random.below(all.length)] as number[]));
}

/** Between the two nearest values, as numpy's `percentile` takes it. */
export function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (place - below);
}

function deviation(values: Float64Array): number | null {
  if (values.length < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

function checkLength(what: string, length: number, wanted: number): void {
  if (length === wanted) return;
  throw new SluiceError(ErrorCode.Internal, `Resampling: ${what} has ${length} entries for ${wanted} cases.`);
}
