import { type Duration, milliseconds } from './duration.ts';
import { checkFields, invalidStep, numberWithin, oneOf, period, shown, wholeNumber } from './options.ts';

export const reactions = ['rollback', 'hold', 'warn', 'extend'] as const;
/** What to do when a health metric comes out other than `pass`. */
export type Reaction = (typeof reactions)[number];

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
  /** Percent that stays on the stable version through the bake. */
  readonly control: number;
  /** Milliseconds after which a split that nobody watches goes back by itself. */
  readonly lease: number;
  readonly health: HealthPolicy;
}

export interface RolloutOptions {
  /** Least time in each step. @default '1 minute' */
  readonly hold?: Duration;
  /** Most extra time a step may take while its measurements are inconclusive. @default five times `hold` */
  readonly extend?: Duration;
  /** Time at 100 % with the old version still warm. @default '10 minutes' */
  readonly bake?: Duration;
  /** Percent of requests to mirror in a first phase that answers nobody. @default 0 */
  readonly shadow?: number;
  readonly health?: HealthOptions;
}

export interface HealthOptions {
  /** How long a sample takes to reach us. @default '1 second' */
  readonly scrape?: Duration;
  /** What one measurement looks back on. @default '30 seconds' */
  readonly window?: Duration;
  /** Time between measurements. @default '10 seconds' */
  readonly interval?: Duration;
  /** Failed measurements in a row that roll back. @default 2 */
  readonly consecutive?: number;
  /** Time for traffic to switch. @default '10 seconds' */
  readonly switch?: Duration;
  /** Time to see that it has. @default '10 seconds' */
  readonly verify?: Duration;
  /** Fewest candidate requests in a window for a verdict; fewer is `inconclusive`. @default 20 */
  readonly minRequests?: number;
  /** Error share may exceed the stable version's by at most this, 0 to 1. @default 0.01 */
  readonly errorMargin?: number;
  /** Error share, 0 to 1, that is too much whatever the stable version does. @default 0.05 */
  readonly maxErrorRate?: number;
  /** Median latency may grow by at most this factor, at least 1, over the stable version's. @default 2 */
  readonly latencyFactor?: number;
  /** @default 'rollback' */
  readonly onFail?: Reaction;
  /** @default 'extend' */
  readonly onInconclusive?: Reaction;
  /** @default 'hold' */
  readonly onError?: Reaction;
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
  checkFields<RolloutOptions>(where, options, { hold: true, extend: true, bake: true, shadow: true, health: true });
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
      shadow: options.shadow ?? 0,
      control: 10,
      lease: 60_000,
      health: {
        scrape: time('health.scrape', health.scrape, 1_000),
        window: time('health.window', health.window, 30_000),
        interval: time('health.interval', health.interval, 10_000),
        consecutive: health.consecutive ?? 2,
        switch: time('health.switch', health.switch, 10_000),
        verify: time('health.verify', health.verify, 10_000),
        minRequests: health.minRequests ?? 20,
        errorMargin: health.errorMargin ?? 0.01,
        maxErrorRate: health.maxErrorRate ?? 0.05,
        latencyFactor: health.latencyFactor ?? 2,
        onFail: health.onFail ?? 'rollback',
        onInconclusive: health.onInconclusive ?? 'extend',
        onError: health.onError ?? 'hold',
      },
    },
    where,
  );
}

const healthFields = {
  scrape: true,
  window: true,
  interval: true,
  consecutive: true,
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
  numberWithin(where, 'shadow', spec.shadow, { least: 0, most: 100 });
  const { health } = spec;
  for (const label of ['scrape', 'switch', 'verify'] as const) milliseconds(health[label], where, `health.${label}`);
  for (const label of ['window', 'interval'] as const) period(where, `health.${label}`, health[label]);
  for (const label of ['consecutive', 'minRequests'] as const) wholeNumber(where, `health.${label}`, health[label], 1);
  numberWithin(where, 'health.errorMargin', health.errorMargin, { least: 0, most: 1 });
  numberWithin(where, 'health.maxErrorRate', health.maxErrorRate, { least: 0, most: 1 });
  numberWithin(where, 'health.latencyFactor', health.latencyFactor, { least: 1 });
  for (const label of ['onFail', 'onInconclusive', 'onError'] as const) {
    oneOf(where, `health.${label}`, health[label], reactions);
  }
  const budget = rollbackBudget(health);
  if (budget > ROLLBACK_LIMIT) {
    throw invalidStep(
      where,
      `a bad version could stay on traffic for ${budget / 1000} s, and the limit is ${ROLLBACK_LIMIT / 1000} s.`,
      'Shorten health.window, health.interval or health.consecutive.',
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
