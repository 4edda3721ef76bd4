import { Random } from '../harness/random.ts';

/** Rollouts side by side, each on an endpoint of its own. What befalls a process befalls all of them. */
export const LANES = 6;

/** What befalls what all endpoints share. */
export const sharedFaults = {
  none: 12,
  'worker killed': 6,
  'worker paused': 4,
  'Temporal killed': 6,
  'Temporal paused': 4,
  'gateway host killed': 6,
  'gateway host paused': 4,
  'gateway worker killed': 4,
  'gateway worker paused': 3,
  'disk full': 4,
  'worker and host killed': 4,
  'worker and Temporal killed': 4,
  'everything killed': 3,
} as const;
export type SharedFault = keyof typeof sharedFaults;

/** What befalls one endpoint. */
export const ownFaults = {
  none: 10,
  cancelled: 3,
  terminated: 3,
  reset: 3,
  'asked again': 2,
  'old id asked again': 2,
  reordered: 2,
  malformed: 2,
  'rolled back by one': 2,
  'rolled back by two at once': 3,
  'rolled back while rolling back': 2,
  superseded: 2,
  withdrawn: 2,
  'stable server killed': 2,
  'stable server paused': 2,
  'candidate server killed': 2,
  'candidate server paused': 2,
} as const;
export type OwnFault = keyof typeof ownFaults;

/** As a first version: see {@link planLane}. */
const silent: readonly string[] = ['hangs', 'errs'];
const candidates = { healthy: 65, errs: 15, hangs: 6, dies: 6, 'never ready': 4, 'late to start': 4 } as const;
export type CandidateKind = keyof typeof candidates;

/** When a fault comes: in the first phase of that name, so long after it began. */
export const phases = ['starting', 'shadow', 'first version', 'canary', 'bake', 'rolling back', 'steady'] as const;
export type PhaseName = (typeof phases)[number];

export interface Moment {
  readonly phase: PhaseName;
  /** Milliseconds. */
  readonly after: number;
}

/** One rollout. */
export interface LanePlan {
  readonly seed: number;
  readonly candidate: CandidateKind;
  /** It begins on an endpoint that never served. */
  readonly empty: boolean;
  readonly shadow: boolean;
  /** Milliseconds that it is asked for after the others. */
  readonly late: number;
  readonly fault: OwnFault;
  readonly moment: Moment;
  /** Milliseconds of a pause. */
  readonly down: number;
}

export interface RoundPlan {
  readonly round: number;
  readonly fault: SharedFault;
  readonly moment: Moment;
  /** Milliseconds until what was killed or paused is back. */
  readonly down: number;
  readonly lanes: readonly LanePlan[];
}

/** What happens in a round is decided by its number alone. Its rollouts have the seeds from `round * LANES` on. */
export function planRound(round: number, lanes = LANES): RoundPlan {
  const random = new Random(1_000_000 + round);
  const fault = random.weighted(sharedFaults);
  const phase = random.pick(phases);
  return {
    round,
    fault,
    moment: { phase, after: random.between(0, lasting(phase)) },
    // Every third time much longer than the lease.
    down: random.chance(0.33) ? random.between(8000, 14_000) : random.between(300, 5000),
    lanes: Array.from({ length: lanes }, (_, i) =>
      planLane(round * LANES + i, fault === 'none' ? 0.9 : 0.35, spread[phase], i === 0 ? phase : null),
    ),
  };
}

/** Milliseconds within which the rollouts of a round begin, so that its fault finds them in different phases. */
const spread: Readonly<Record<PhaseName, number>> = {
  ...{ starting: 1500, shadow: 3000, 'first version': 3000, canary: 5000, bake: 7000 },
  ...{ 'rolling back': 7000, steady: 10_000 },
};

/**
 * A first version that hangs or errs is left out: silence keeps none out (see docs/rollouts.md), and on a busy machine
 * seconds may be too short to hear anything.
 *
 * @param faulty how likely something befalls it alone
 * @param wanted a phase that this rollout has to come to
 */
function planLane(seed: number, faulty: number, spread: number, wanted: PhaseName | null): LanePlan {
  const random = new Random(seed);
  const fault = random.chance(faulty) ? random.weighted(ownFaults) : 'none';
  const empty = wanted === null ? random.chance(0.1) : wanted === 'first version';
  const shadow = wanted === null ? random.chance(0.2) : wanted === 'shadow';
  const drawn = random.weighted(candidates);
  const lasts: readonly (PhaseName | null)[] = ['shadow', 'canary', 'bake'];
  const candidate =
    wanted === 'rolling back'
      ? 'errs'
      : lasts.includes(wanted) || (empty && silent.includes(drawn))
        ? 'healthy'
        : drawn;
  const phase = wanted ?? random.pick(comingPhases(candidate, empty, shadow));
  return {
    seed,
    candidate,
    empty,
    shadow,
    // The one that the round waits for is among the first.
    late: wanted === null ? random.between(0, spread) : spread / 4,
    fault,
    moment: { phase, after: random.between(0, lasting(phase)) },
    down: random.between(300, 6000),
  };
}

/** Phases that a rollout comes to, if nothing befalls it. */
function comingPhases(candidate: CandidateKind, empty: boolean, shadow: boolean): PhaseName[] {
  if (candidate === 'never ready') return ['starting', 'steady'];
  const good = candidate === 'healthy' || candidate === 'late to start';
  const middle: PhaseName[] = empty ? ['first version'] : shadow ? ['shadow', 'canary'] : ['canary'];
  return ['starting', ...middle, ...(good ? (empty ? [] : ['bake' as const]) : ['rolling back' as const]), 'steady'];
}

/** Milliseconds that a phase lasts at least, about. */
function lasting(phase: PhaseName): number {
  return phase === 'rolling back' ? 60 : phase === 'starting' ? 300 : 2700;
}
