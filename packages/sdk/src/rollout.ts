import { type Duration, milliseconds } from './duration.ts';
import { checkFields, invalidStep, numberWithin, oneOf, period, shown, wholeNumber } from './options.ts';
import { checkShadow, type ShadowChecks, type ShadowOptions, shadowOf } from './shadow.ts';

export const reactions = ['rollback', 'hold', 'warn', 'extend'] as const;
/** What to do when a health metric comes out other than `pass`. */
export type Reaction = (typeof reactions)[number];

/** By how much answers may become slower, as a factor of at least 1 over the stable version's quantile. */
export interface LatencyFactors {
  /** Of the median. */
  readonly p50: number;
  /** Of the time that 95 % stay under. */
  readonly p95: number;
  /** Of the time that 99 % stay under. */
  readonly p99: number;
}

/** How the health of a candidate is judged in every phase. All times in milliseconds. */
export interface HealthPolicy {
  /** Time between two looks: what happened since the last one is judged then. */
  readonly interval: number;
  /** Most time that one try to set traffic may take to switch it; `setTraffic` is given up after `switch` + `verify`. */
  readonly switch: number;
  /** Most time that it may take to see that it has. */
  readonly verify: number;
  /** Fewest candidate requests in a phase for a pass; fewer is `inconclusive`. */
  readonly minRequests: number;
  /** Shares (errors, refusals, aborts) may exceed the stable version's by at most this (absolute). */
  readonly errorMargin: number;
  /** Error share that is too much where there is no stable version to compare with. */
  readonly maxErrorRate: number;
  readonly latencyFactor: LatencyFactors;
  readonly onFail: Reaction;
  readonly onInconclusive: Reaction;
  readonly onError: Reaction;
}

/** Plain data; build it by {@link canary} or {@link blueGreen}. */
export interface RolloutSpec {
  readonly kind: 'canary' | 'blue-green';
  /** Percent of traffic per step, rising; 100 is added at the end. */
  readonly steps: readonly number[];
  /** Least time in each step, in milliseconds. */
  readonly hold: number;
  /** Most extra time a step may take while its measurements are inconclusive, in milliseconds. */
  readonly extend: number;
  /** Time with all but `control` % on the candidate and the old version still warm, in milliseconds. */
  readonly bake: number;
  /**
   * Percent of traffic that stays on the stable version through the bake, so that the candidate is compared with what
   * happens in the same seconds; the move to 100 % comes after the bake.
   */
  readonly control: number;
  /** Percent of requests copied to the candidate before it answers any; 0 for none. */
  readonly shadow: number;
  /** What the answers to those copies must keep before the candidate answers anybody; left out: they go nowhere. */
  readonly shadowChecks?: ShadowChecks;
  /** Time after which the data plane goes back to the stable version by itself when nobody watches, in milliseconds. */
  readonly lease: number;
  readonly health: HealthPolicy;
}

/** What a {@link canary} or {@link blueGreen} takes. Times are words or milliseconds. */
export interface RolloutOptions {
  /** Least time in each step. @default '1 minute' */
  readonly hold?: Duration;
  /** Most extra time a step may take while its measurements are inconclusive. @default five times `hold` */
  readonly extend?: Duration;
  /** Time with all but `control` % on the candidate and the old version still warm. @default '10 minutes' */
  readonly bake?: Duration;
  /**
   * Percent of traffic that stays on the stable version through the bake, over 0 and below 50: the more, the sooner a
   * fault of the candidate is told from one of the world. @default 25
   */
  readonly control?: number;
  /**
   * Percent of requests to mirror in a first phase that answers nobody; or that, and checks of what the candidate answers
   * to them. @default 0
   */
  readonly shadow?: number | ShadowOptions;
  /**
   * Time after which the data plane goes back to the stable version by itself when nobody watches the split, at least
   * three times `health.interval`. @default '1 minute'
   */
  readonly lease?: Duration;
  /** How the candidate's health is judged. @default as `HealthOptions` says */
  readonly health?: HealthOptions;
}

/** How the health of a candidate is judged in every phase. */
export interface HealthOptions {
  /** Time between two looks; what happened since the last one is judged then, second by second. @default '2 seconds' */
  readonly interval?: Duration;
  /** Most time for traffic to switch. @default '10 seconds' */
  readonly switch?: Duration;
  /** Most time to see that it has. @default '10 seconds' */
  readonly verify?: Duration;
  /** Fewest candidate requests in a phase for a pass; fewer is `inconclusive`. @default 20 */
  readonly minRequests?: number;
  /** Shares of errors, refusals and aborts may exceed the stable version's by at most this, 0 to 1. @default 0.01 */
  readonly errorMargin?: number;
  /** Error share, 0 to 1, that is too much where there is no stable version to compare with. @default 0.05 */
  readonly maxErrorRate?: number;
  /**
   * Factors, at least 1, by which quantiles of the latency may grow over the stable version's; one number stands for
   * all three. @default { p50: 1.5, p95: 1.2, p99: 1.5 }
   */
  readonly latencyFactor?: number | Partial<LatencyFactors>;
  /** When the candidate is worse. @default 'rollback' */
  readonly onFail?: Reaction;
  /** When too little was seen to tell. @default 'extend' */
  readonly onInconclusive?: Reaction;
  /** When the measurement failed. @default 'hold' */
  readonly onError?: Reaction;
}

/** Milliseconds within which a bad version must be off traffic. */
export const ROLLBACK_LIMIT = 300_000;

/** Milliseconds that a target's counts lag behind: seconds are counted whole. */
export const SCRAPE = 1_000;

/** Name of the phase before the last: all but `control` % on the candidate. */
export const BAKE = 'bake';

/**
 * Longest time in milliseconds that a candidate goes on answering after it is known to be bad: with a watcher
 * scrape + interval + switch + verify; without one, because worker or Temporal died, the lease. The worse of both.
 * How long it takes to know is no constant: it depends on traffic and on how bad the candidate is.
 */
export function rollbackBudget({ health, lease }: Pick<RolloutSpec, 'health' | 'lease'>): number {
  return Math.max(SCRAPE + health.interval + health.switch + health.verify, lease);
}

/**
 * Traffic moves in steps: `canary([5, 25, 50])` goes 5 %, 25 %, 50 %, 100 %.
 *
 * @throws SluiceError `InvalidStep` for steps that do not rise, for numbers out of range, and when
 * {@link rollbackBudget} comes out over {@link ROLLBACK_LIMIT}
 */
export function canary(steps: readonly number[], options: RolloutOptions = {}): RolloutSpec {
  return rollout('canary', steps, options);
}

/**
 * All traffic moves at once, and back at once when the bake goes wrong. There are no steps to hold: `hold` is the
 * length of the shadow phase, where there is one.
 *
 * @throws SluiceError `InvalidStep` as {@link canary} does
 */
export function blueGreen(options: RolloutOptions = {}): RolloutSpec {
  return rollout('blue-green', [], options);
}

function rollout(kind: RolloutSpec['kind'], steps: readonly number[], options: RolloutOptions): RolloutSpec {
  const where = `${kind} rollout`;
  checkFields<RolloutOptions>(where, options, {
    ...{ hold: true, extend: true, bake: true, control: true, shadow: true, lease: true, health: true },
  });
  const health = options.health ?? {};
  checkFields<HealthOptions>(where, health, healthFields, 'health');
  const time = (label: string, value: Duration | undefined, otherwise: number) =>
    value === undefined ? otherwise : milliseconds(value, where, label);
  const hold = time('hold', options.hold, 60_000);
  return checkedRollout(
    {
      kind,
      steps,
      hold,
      extend: time('extend', options.extend, hold * 5),
      bake: time('bake', options.bake, 600_000),
      control: options.control ?? 25,
      ...shadowOf(where, options.shadow ?? 0),
      lease: time('lease', options.lease, 60_000),
      health: {
        interval: time('health.interval', health.interval, 2_000),
        switch: time('health.switch', health.switch, 10_000),
        verify: time('health.verify', health.verify, 10_000),
        minRequests: health.minRequests ?? 20,
        errorMargin: health.errorMargin ?? 0.01,
        maxErrorRate: health.maxErrorRate ?? 0.05,
        latencyFactor: latencyFactors(where, health.latencyFactor),
        onFail: health.onFail ?? 'rollback',
        onInconclusive: health.onInconclusive ?? 'extend',
        onError: health.onError ?? 'hold',
      },
    },
    where,
  );
}

const healthFields = {
  interval: true,
  switch: true,
  verify: true,
  minRequests: true,
  errorMargin: true,
  maxErrorRate: true,
  latencyFactor: true,
  onFail: true,
  onInconclusive: true,
  onError: true,
} as const;

function latencyFactors(where: string, given: HealthOptions['latencyFactor']): LatencyFactors {
  if (typeof given === 'number') return { p50: given, p95: given, p99: given };
  const factors = given ?? {};
  checkFields<LatencyFactors>(where, factors, { p50: true, p95: true, p99: true }, 'health.latencyFactor');
  return { p50: factors.p50 ?? 1.5, p95: factors.p95 ?? 1.2, p99: factors.p99 ?? 1.5 };
}

/**
 * The rollout, if it can work and takes a bad version off traffic in time; also for one that was put together by
 * hand from the parts of another.
 *
 * @throws SluiceError `InvalidStep`
 */
export function checkedRollout(spec: RolloutSpec, where: string): RolloutSpec {
  if (typeof spec !== 'object' || spec === null) {
    throw invalidStep(where, `the rollout is ${shown(spec)}.`, 'Write canary([5, 25, 50]) or blueGreen().');
  }
  const kind = oneOf(where, 'the kind of rollout', spec.kind, ['canary', 'blue-green'] as const);
  checkSteps(kind, spec.steps, where);
  for (const label of ['hold', 'extend', 'bake'] as const) milliseconds(spec[label], where, label);
  checkShadow(where, spec.shadow, spec.shadowChecks);
  numberWithin(where, 'control', spec.control, { over: 0, below: 50 });
  const { health } = spec;
  for (const label of ['switch', 'verify'] as const) milliseconds(health[label], where, `health.${label}`);
  period(where, 'health.interval', health.interval);
  period(where, 'lease', spec.lease);
  wholeNumber(where, 'health.minRequests', health.minRequests, 1);
  numberWithin(where, 'health.errorMargin', health.errorMargin, { least: 0, most: 1 });
  numberWithin(where, 'health.maxErrorRate', health.maxErrorRate, { least: 0, most: 1 });
  for (const at of ['p50', 'p95', 'p99'] as const) {
    numberWithin(where, `health.latencyFactor.${at}`, health.latencyFactor?.[at], { least: 1 });
  }
  for (const label of ['onFail', 'onInconclusive', 'onError'] as const) {
    oneOf(where, `health.${label}`, health[label], reactions);
  }
  if (spec.lease < 3 * health.interval) {
    throw invalidStep(
      where,
      `the lease of ${spec.lease / 1000} s is shorter than three looks (health.interval is ${health.interval / 1000} s).`,
      'A look renews it: give a longer lease, or look more often.',
      health,
    );
  }
  const budget = rollbackBudget(spec);
  if (budget > ROLLBACK_LIMIT) {
    throw invalidStep(
      where,
      `a bad version could stay on traffic for ${budget / 1000} s, and the limit is ${ROLLBACK_LIMIT / 1000} s.`,
      'Shorten the lease, health.interval, health.switch or health.verify.',
      health,
    );
  }
  return spec;
}

function checkSteps(kind: RolloutSpec['kind'], steps: readonly number[], where: string): void {
  const list = Array.isArray(steps) ? steps : [];
  const rising = list.every((step, i) => Number.isFinite(step) && step > (list[i - 1] ?? 0) && step < 100);
  if (Array.isArray(steps) && rising && (kind === 'blue-green') === (list.length === 0)) return;
  throw invalidStep(
    where,
    kind === 'canary'
      ? `canary(${Array.isArray(steps) ? `[${list.map(shown).join(', ')}]` : shown(steps)}): steps must rise and lie between 0 and 100.`
      : 'a blue-green rollout has no steps.',
    'Write for example canary([5, 25, 50]); the last step to 100 % is added.',
  );
}
