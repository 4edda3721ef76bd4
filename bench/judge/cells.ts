import {
  type LatencyModel,
  logNormal,
  mixture,
  scaled,
} from '../../packages/activities/src/health/testing/latency-model.ts';
import type { Behaviour, World } from '../../packages/activities/src/health/testing/virtual-endpoint.ts';

/** One situation at one rate. */
export interface Cell {
  readonly group: 'alike' | 'bad' | 'limit';
  readonly name: string;
  /** Requests per second. */
  readonly rate: number;
  readonly world: World;
  /** An answer over so many ms is a bad one. */
  readonly slowMs?: number;
  /** Nothing is bad before this second. */
  readonly from?: number;
  /** Second at which the watcher is lost. */
  readonly lostAt?: number;
  /** What the judge before this one did on the same situation: seconds to a rollback, or percent rolled back. */
  readonly before?: string;
}

type Times = (seconds: number, version: 'stable' | 'candidate', share: number) => Partial<Behaviour>;

const usual = logNormal(50, 0.4);
/** Seconds: the bake of `canary([5, 25, 50])` begins here where traffic is enough. */
const BAKE_AT = 180;

function world(rate: number, times: Times, callers?: World['callers']): World {
  return {
    rate,
    behaviour: (version, seconds, share) => ({
      ...{ errors: 0, refused: 0, aborted: 0, latency: usual },
      ...times(seconds, version, share),
    }),
    ...(callers === undefined ? {} : { callers }),
  };
}

function alike(
  name: string,
  rates: readonly number[],
  times: (seconds: number, share: number) => Partial<Behaviour>,
  before?: string,
): Cell[] {
  return rates.map((rate) => ({
    group: 'alike',
    name,
    rate,
    world: world(rate, (seconds, _, share) => times(seconds, share)),
    ...(before === undefined ? {} : { before }),
  }));
}

function bad(
  name: string,
  rate: number,
  candidate: Partial<Behaviour>,
  more: Partial<Cell> & { stable?: Partial<Behaviour> } = {},
): Cell {
  const { stable = {}, from = 0, ...rest } = more;
  const times: Times = (seconds, version) => (version === 'candidate' && seconds >= from ? candidate : stable);
  return { group: 'bad', name, rate, world: world(rate, times), from, ...rest };
}

/** Drawn anew for each rate only, so that 2,000 trials share the tables. */
const twice: readonly LatencyModel[] = Array.from({ length: 17 }, (_, i) => scaled(usual, 1 + i / 16));
const seldomSlow: LatencyModel = {
  places: [...usual.places, ...mixture([[2000, 1]]).places],
  shares: [...usual.shares.map((share) => share * 0.92), 0.08],
};

const BEFORE_IDENTICAL: Readonly<Record<string, string>> = { '0.01': '8.8', '0.03': '12.5', '0.05': '18.9' };

export const cells: readonly Cell[] = [
  ...[0, 0.01, 0.03, 0.05].flatMap((errors) =>
    [1, 2, 10, 100].map((rate): Cell => {
      const before = rate === 10 ? BEFORE_IDENTICAL[String(errors)] : errors === 0 && rate === 1 ? '64' : undefined;
      const [cell] = alike(`${errors * 100} % errors`, [rate], () => ({ errors }), before);
      if (cell === undefined) throw new TypeError('no cell');
      return cell;
    }),
  ),
  ...[1, 2, 10, 100].map(
    (rate): Cell => ({
      group: 'alike',
      name: 'one caller of 50 always errs',
      rate,
      world: world(rate, () => ({}), [{ errors: 1 }, ...Array.from({ length: 49 }, () => ({}))]),
      ...(rate === 10 ? { before: '48' } : {}),
    }),
  ),
  ...alike(
    '4xx rise from 4 to 4.8 % in the bake',
    [2, 10, 100],
    (seconds) => ({ refused: seconds < BAKE_AT ? 0.04 : 0.048 }),
    '49 to 99.8',
  ),
  ...alike(
    'outage of 10 s',
    [1, 2, 10, 100],
    (seconds) => ({ errors: seconds >= 300 && seconds < 310 ? 1 : 0.001 }),
    '84 to 100',
  ),
  ...alike('errors drift from 1 to 2 %', [2, 10, 100], (seconds) => ({ errors: 0.01 + 0.01 * ramp(seconds) })),
  ...alike('latency drifts to twice as slow', [2, 10, 100], (seconds) => ({
    errors: 0.001,
    latency: twice[Math.round(16 * ramp(seconds))] ?? usual,
  })),
  ...[2, 10, 100].map((rate) =>
    bad(
      '0.1 → 2 % errors',
      rate,
      { errors: 0.02 },
      {
        stable: { errors: 0.001 },
        before: { 2: '193 s', 10: '163 s', 100: '28 s' }[rate] ?? '',
      },
    ),
  ),
  bad(
    '0.1 → 2 % errors, 5 minutes into the bake',
    10,
    { errors: 0.02 },
    { stable: { errors: 0.001 }, from: BAKE_AT + 300 },
  ),
  bad(
    '40 % of answers in 2 s, not 50 ms',
    10,
    {
      latency: mixture([
        [50, 0.6],
        [2000, 0.4],
      ]),
    },
    { slowMs: 1000, before: 'passed' },
  ),
  bad('p95 20 times slower', 10, { latency: seldomSlow }, { slowMs: 1000, before: 'passed' }),
  bad('p95 30 % slower', 200, { latency: scaled(usual, 1.3) }, { slowMs: 0 }),
  bad('31 % hang, callers give up after 1 s', 10, { aborted: 0.31 }, { before: 'passed' }),
  bad(
    '40 % refused in the bake, watcher restarted',
    10,
    { refused: 0.4 },
    { from: BAKE_AT + 75, lostAt: BAKE_AT + 65, before: 'passed' },
  ),
  ...alike('errors drift from 1 to 3 %', [2, 10, 100], (seconds) => ({ errors: 0.01 + 0.02 * ramp(seconds) })).map(
    (cell): Cell => ({ ...cell, group: 'limit' }),
  ),
  ...[2, 10, 100].map(
    (rate): Cell => ({
      group: 'limit',
      name: 'both rise from 0.1 to 2 % errors at once, for good',
      rate,
      world: world(rate, (seconds) => ({ errors: seconds < BAKE_AT + 60 ? 0.001 : 0.02 })),
    }),
  ),
];

/** 0 before the rollout, 1 at its planned end. */
function ramp(seconds: number): number {
  return Math.min(1, Math.max(0, seconds / (BAKE_AT + 600)));
}
