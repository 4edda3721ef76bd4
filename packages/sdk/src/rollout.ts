import { type Duration, milliseconds } from './duration.ts';
import { ErrorCode, SluiceError } from './errors.ts';

/** What to do when a health metric comes out other than `pass`. */
export type Reaction = 'rollback' | 'hold' | 'warn' | 'extend';

/** How the health of a candidate is measured in every phase. All times in milliseconds. */
export interface HealthPolicy {
  /** How long a sample takes to reach us. @default 1 s for the local gateway */
  readonly scrape: number;
  /** What one measurement looks back on. */
  readonly window: number;
  /** Time between measurements. */
  readonly interval: number;
  /** Failed measurements in a row that roll back. */
  readonly consecutive: number;
  /** Time for traffic to switch. */
  readonly switch: number;
  /** Time to see that it has. */
  readonly verify: number;
  /** Fewest candidate requests in a window for a verdict; fewer is `inconclusive`. */
  readonly minRequests: number;
  /** Error share may exceed the stable version's by at most this (absolute). */
  readonly errorMargin: number;
  /** Error share that is too much whatever the stable version does. */
  readonly maxErrorRate: number;
  /** Median latency may grow by at most this factor over the stable version's. */
  readonly latencyFactor: number;
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
  /** Time at 100 % with the old version still warm, in milliseconds. */
  readonly bake: number;
  /** Percent of requests copied to the candidate before it answers any; 0 for none. */
  readonly shadow: number;
  readonly health: HealthPolicy;
}

export interface RolloutOptions {
  /** @default '1 minute' */
  readonly hold?: Duration;
  /** @default five times `hold` */
  readonly extend?: Duration;
  /** @default '10 minutes' */
  readonly bake?: Duration;
  /** Percent of requests to mirror in a first phase. @default 0 */
  readonly shadow?: number;
  readonly health?: Partial<{
    readonly scrape: Duration;
    readonly window: Duration;
    readonly interval: Duration;
    readonly consecutive: number;
    readonly switch: Duration;
    readonly verify: Duration;
    readonly minRequests: number;
    readonly errorMargin: number;
    readonly maxErrorRate: number;
    readonly latencyFactor: number;
    readonly onFail: Reaction;
    readonly onInconclusive: Reaction;
    readonly onError: Reaction;
  }>;
}

/** Milliseconds within which a bad version must be off traffic. */
export const ROLLBACK_LIMIT = 300_000;

/**
 * Longest time from a candidate's first bad response to its last one:
 * scrape + window + interval × consecutive + switch + verify, in milliseconds.
 */
export function rollbackBudget(health: HealthPolicy): number {
  return health.scrape + health.window + health.interval * health.consecutive + health.switch + health.verify;
}

/** Traffic moves in steps: `canary([5, 25, 50])` goes 5 %, 25 %, 50 %, 100 %. */
export function canary(steps: readonly number[], options: RolloutOptions = {}): RolloutSpec {
  const rising = steps.every((step, i) => step > 0 && step < 100 && step > (steps[i - 1] ?? 0));
  if (!rising || steps.length === 0) {
    throw new SluiceError(
      ErrorCode.InvalidStep,
      `canary([${steps.join(', ')}]): steps must rise and lie between 0 and 100.`,
      {
        fix: 'Write for example canary([5, 25, 50]); the last step to 100 % is added.',
      },
    );
  }
  return rollout('canary', steps, options);
}

/** All traffic moves at once, and back at once when the bake goes wrong. */
export function blueGreen(options: RolloutOptions = {}): RolloutSpec {
  return rollout('blue-green', [], options);
}

function rollout(kind: RolloutSpec['kind'], steps: readonly number[], options: RolloutOptions): RolloutSpec {
  const where = `${kind} rollout`;
  const time = (value: Duration | undefined, otherwise: number) =>
    value === undefined ? otherwise : milliseconds(value, where);
  const health = options.health ?? {};
  const policy: HealthPolicy = {
    scrape: time(health.scrape, 1_000),
    window: time(health.window, 30_000),
    interval: time(health.interval, 10_000),
    consecutive: health.consecutive ?? 2,
    switch: time(health.switch, 10_000),
    verify: time(health.verify, 10_000),
    minRequests: health.minRequests ?? 20,
    errorMargin: health.errorMargin ?? 0.01,
    maxErrorRate: health.maxErrorRate ?? 0.05,
    latencyFactor: health.latencyFactor ?? 2,
    onFail: health.onFail ?? 'rollback',
    onInconclusive: health.onInconclusive ?? 'extend',
    onError: health.onError ?? 'hold',
  };
  const budget = rollbackBudget(policy);
  if (budget > ROLLBACK_LIMIT) {
    throw new SluiceError(
      ErrorCode.InvalidStep,
      `${where}: a bad version could stay on traffic for ${budget / 1000} s, and the limit is ${ROLLBACK_LIMIT / 1000} s.`,
      { fix: 'Shorten health.window, health.interval or health.consecutive.', data: policy },
    );
  }
  const hold = time(options.hold, 60_000);
  return {
    kind,
    steps,
    hold,
    extend: time(options.extend, hold * 5),
    bake: time(options.bake, 600_000),
    shadow: options.shadow ?? 0,
    health: policy,
  };
}
