import type { Candidate, RolloutRequest, Weights } from '@sluice/sdk';

/** One stretch of a rollout with the same traffic. */
export interface Phase {
  readonly name: string;
  /** Percent of traffic for the candidate. */
  readonly share: number;
  /** Percent of requests that are copied to it. */
  readonly mirror: number;
  /** Least time, ms. */
  readonly hold: number;
  /** What is answered to the copies is kept, and judged before the next phase. */
  readonly judged?: true;
}

/** A rollout's phases. Nobody is served by an endpoint without a usable version: there is nobody to protect by going slowly. */
export function phasesOf({ spec }: RolloutRequest, usable: boolean): readonly Phase[] {
  if (!usable) return [{ name: 'first version', share: 100, mirror: 0, hold: spec.hold }];
  const judged = spec.shadowChecks === undefined ? {} : { judged: true as const };
  const shadow = spec.shadow > 0 ? [{ name: 'shadow', share: 0, mirror: spec.shadow, hold: spec.hold, ...judged }] : [];
  const steps = spec.steps.map((share) => ({ name: `${spec.kind} ${share} %`, share, mirror: 0, hold: spec.hold }));
  return [...shadow, ...steps, { name: 'bake', share: 100 - spec.control, mirror: 0, hold: spec.bake }];
}

/** Shares by version id; a version without traffic is left out. */
export function weightsOf(candidate: Candidate, stable: Candidate | null, share: number): Weights {
  const weights: Record<string, number> = {};
  if (stable !== null && share < 100) weights[stable.id] = 100 - share;
  if (share > 0) weights[candidate.id] = share;
  return weights;
}

/** All of the traffic for one version, or nothing at all. */
export function allTo(version: Candidate | null): Weights {
  return version === null ? {} : { [version.id]: 100 };
}
