import { boundOf } from '../../packages/activities/src/replay/failure-bound.ts';
import { shareOut } from '../../packages/activities/src/replay/sample.ts';
import { logFactorial } from '../../packages/activities/src/statistics/log-factorial.ts';
import type { Drawn } from '../../packages/activities/src/statistics/unseen-failures.ts';
import type { BenchHost } from '../harness/bench.ts';
import { round } from '../harness/spread.ts';
import { drawOf } from './losses.ts';

/** Traffic of several kinds of request, of which a sample is replayed and none fails. */
export interface ReplayCell {
  readonly name: string;
  /** Share of each kind in the traffic. */
  readonly kinds: readonly number[];
  readonly captured: number;
  readonly limit: number;
  /** Of the failures, the share that is of each kind. */
  readonly failing: readonly number[];
}

export interface ReplayFigures {
  readonly name: string;
  readonly trials: number;
  /** Percent in which no failure was seen and more than `failureBound` of such requests fail, at the worst rate. */
  readonly share: number;
  /** The same of the captured requests. */
  readonly captured: number;
  /** The same of what was said before: 1 − 0.05^(1/sent), as if all had been drawn from all. */
  readonly before: number;
  /** What the bound is, and what it was before, percent of requests. */
  readonly bound: number;
  readonly boundBefore: number;
  readonly ok: boolean;
}

const one = { kinds: [1], failing: [1] };
const four = [0.9, 0.07, 0.025, 0.005];

export const replayCells: readonly ReplayCell[] = [
  { name: 'one kind, all sent', captured: 300, limit: 1000, ...one },
  { name: 'one kind, a tenth sent', captured: 3000, limit: 300, ...one },
  { name: 'four kinds, the common one fails', kinds: four, captured: 3000, limit: 300, failing: [1, 0, 0, 0] },
  { name: 'four kinds, all fail alike', kinds: four, captured: 3000, limit: 300, failing: four },
  { name: 'four kinds, the rarest fails', kinds: four, captured: 3000, limit: 300, failing: [0, 0, 0, 1] },
  { name: 'two kinds as frequent, one fails', kinds: [0.5, 0.5], captured: 2000, limit: 200, failing: [1, 0] },
  {
    name: 'one common kind and 40 rare ones',
    kinds: [0.8, ...Array.from({ length: 40 }, () => 0.005)],
    captured: 5000,
    limit: 500,
    failing: [1, ...Array.from({ length: 40 }, () => 0)],
  },
];

/** Rates of failure tried, in parts of the bound: the worst of them counts. */
const RATES = [0.5, 0.7, 0.85, 0.95, 1.01, 1.05, 1.1, 1.2, 1.35, 1.6, 2];

/** Traffic is drawn anew in every trial; the chance that no failure is drawn of it is exact, not tried. */
export function replayCell(cell: ReplayCell, trials: number, host: Pick<BenchHost, 'signal'>): ReplayFigures {
  const typical = planOf(
    cell,
    cell.kinds.map((share) => Math.round(share * cell.captured)),
  );
  const bound = boundOf(typical).share;
  const boundBefore = saidBefore(typical);
  const wrong = { share: 0, captured: 0, before: 0 };
  for (const rate of new Set([...RATES.map((part) => part * bound), ...RATES.map((part) => part * boundBefore)])) {
    const chances = cell.failing.map((share, kind) => (rate * share) / (cell.kinds[kind] ?? 1));
    if (chances.some((chance) => chance > 1)) continue;
    host.signal.throwIfAborted();
    const sum = { share: 0, captured: 0, before: 0 };
    for (let trial = 0; trial < trials; trial += 1) {
      const { sizes, failures } = traffic(cell, chances, `${cell.name}/${rate}/${trial}`);
      const plan = planOf(cell, sizes);
      const unseen = chanceOfNone(plan, failures);
      const said = boundOf(plan);
      if (rate > said.share) sum.share += unseen;
      if (failures.reduce((a, b) => a + b, 0) > said.most) sum.captured += unseen;
      if (rate > saidBefore(plan)) sum.before += unseen;
    }
    wrong.share = Math.max(wrong.share, sum.share / trials);
    wrong.captured = Math.max(wrong.captured, sum.captured / trials);
    wrong.before = Math.max(wrong.before, sum.before / trials);
  }
  const percent = (share: number) => round(100 * share, 2);
  // The chance of no failure is exact; what varies is the traffic, by less than a count of hits would.
  const most = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / trials);
  return {
    name: cell.name,
    trials,
    share: percent(wrong.share),
    captured: percent(wrong.captured),
    before: percent(wrong.before),
    bound: percent(bound),
    boundBefore: percent(boundBefore),
    ok: wrong.share <= most && wrong.captured <= most,
  };
}

function traffic({ kinds, captured }: ReplayCell, chances: readonly number[], seed: string) {
  const { share } = drawOf(seed);
  const sizes = kinds.map(() => 0);
  const failures = kinds.map(() => 0);
  for (let i = 0; i < captured; i += 1) {
    let at = share();
    let kind = 0;
    while (kind < kinds.length - 1 && at >= (kinds[kind] ?? 0)) {
      at -= kinds[kind] ?? 0;
      kind += 1;
    }
    sizes[kind] = (sizes[kind] ?? 0) + 1;
    if (share() < (chances[kind] ?? 0)) failures[kind] = (failures[kind] ?? 0) + 1;
  }
  return { sizes, failures };
}

function planOf({ limit }: ReplayCell, sizes: readonly number[]): Drawn[] {
  const parts = sizes.map((size, luck) => ({ kept: Math.min(size, limit), captured: size, luck }));
  const quotas = shareOut(parts, limit);
  return sizes.map((of, i) => ({ of, drawn: quotas[i] ?? 0 }));
}

function chanceOfNone(plan: readonly Drawn[], failures: readonly number[]): number {
  let log = 0;
  plan.forEach(({ of, drawn }, i) => {
    const failing = failures[i] ?? 0;
    log += failing > of - drawn ? Number.NEGATIVE_INFINITY : logChoose(of - failing, drawn) - logChoose(of, drawn);
  });
  return Math.exp(log);
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

function saidBefore(plan: readonly Drawn[]): number {
  return 1 - 0.05 ** (1 / plan.reduce((sum, { drawn }) => sum + drawn, 0));
}
