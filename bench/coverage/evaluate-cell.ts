import { compareMeans } from '../../packages/activities/src/evaluate/compare-means.ts';
import { CONFIDENCE } from '../../packages/activities/src/evaluate/judge.ts';
import type { BenchHost } from '../harness/bench.ts';
import { round } from '../harness/spread.ts';
import type { Cell } from './cells.ts';
import { drawOf, type Gain } from './losses.ts';
import { bootstrapPasses } from './percentile-bootstrap.ts';

export interface EvaluateFigures {
  readonly name: string;
  readonly n: number;
  readonly trials: number;
  /** Percent that passed although they are worse by exactly the margin. */
  readonly wrong: number;
  /** Percent of the same that failed, which is as wrong. */
  readonly failed: number;
  /** Percent of candidates that are as good that passed. */
  readonly passed: number;
  /** `wrong` of the bootstrap that was here before; null where it was not used. */
  readonly before: number | null;
  readonly ok: boolean;
}

/** Percent that a gate with this confidence may be wrong. */
export const PROMISED = (100 * (1 - CONFIDENCE)) / 2;

/** What a rate of `PROMISED` may look like in so many trials: three standard errors more. */
export function allowed(trials: number): number {
  return PROMISED + 3 * Math.sqrt((PROMISED * (100 - PROMISED)) / trials);
}

/** All trials of one cell with `n` cases, seeded by their names. */
export async function evaluateCell(
  cell: Cell,
  n: number,
  trials: number,
  before: number,
  host: Pick<BenchHost, 'signal'>,
): Promise<EvaluateFigures> {
  const { name, margin, worst } = cell;
  const count = { wrong: 0, failed: 0, passed: 0, before: 0 };
  for (let trial = 0; trial < trials; trial += 1) {
    if (trial % 100 === 0) host.signal.throwIfAborted();
    const gains = drawn(cell.atMargin, margin, n, `${name}/${n}/${trial}`);
    const options = { margin, worst, confidence: CONFIDENCE };
    const verdict = (await compareMeans(gains, options))?.verdict;
    if (verdict === 'pass') count.wrong += 1;
    if (verdict === 'fail') count.failed += 1;
    if (cell.bootstrapped && trial < before && bootstrapPasses(gains, margin, `${name}/${n}/${trial}`))
      count.before += 1;
    const alike = drawn(cell.alike, margin, n, `${name}/${n}/${trial}/alike`);
    if ((await compareMeans(alike, options))?.verdict === 'pass') count.passed += 1;
  }
  const percent = (hits: number, of: number) => round((100 * hits) / Math.max(1, of), 2);
  const [wrong, failed, passed] = [count.wrong, count.failed, count.passed].map((hits) => percent(hits, trials));
  const most = allowed(trials);
  const strong = cell.enough === null || n < cell.enough || (passed ?? 0) >= 80;
  return {
    name,
    n,
    trials,
    wrong: wrong ?? 0,
    failed: failed ?? 0,
    passed: passed ?? 0,
    before: cell.bootstrapped && before > 0 ? percent(count.before, Math.min(before, trials)) : null,
    ok: (wrong ?? 0) <= most && (failed ?? 0) <= most && strong,
  };
}

function drawn(gain: Gain, margin: number, n: number, seed: string): Float64Array {
  const draw = drawOf(seed);
  const gains = new Float64Array(n);
  for (let i = 0; i < n; i += 1) gains[i] = gain(draw, margin);
  return gains;
}
