import type { Weights } from '@sluice/sdk';
import type { TrafficSeries } from '@sluice/ui/api';
import type { EndpointPast, ShareChange } from './endpoint-history.ts';
import type { Window } from './gateway-traffic.ts';

type Point = TrafficSeries['points'][number];

/**
 * Traffic of each version over time, out of all that tells of it: shares are known from every change that was seen in
 * force, counts by the gateway for its last minutes, and before those by what phases of rollouts were judged by.
 *
 * @param now the weights in force at `at`
 */
export function trafficSeries(
  past: EndpointPast,
  windows: readonly Window[],
  now: { readonly at: number; readonly weights: Weights },
): TrafficSeries[] {
  const changes = [...past.shares].sort((a, b) => a.at - b.at);
  const begin = windows[0] === undefined ? now.at : windows[0].at - windows[0].seconds * 1000;
  const phases = past.phases.filter(({ at }) => at <= begin);
  const ids = new Set<string>();
  for (const { weights } of [...changes, now]) for (const id of Object.keys(weights)) ids.add(id);
  for (const { versions } of [...windows, ...phases]) for (const id of Object.keys(versions)) ids.add(id);
  return [...ids].map((version) => {
    const points: Point[] = [];
    for (const { at, weights } of changes) {
      if (concerns(version, changes, at)) points.push(empty(at, percent(weights, version)));
    }
    for (const { at, seconds, versions } of phases) {
      const seen = versions[version];
      if (seen !== undefined) points.push({ ...empty(at, shareAt(changes, at, version)), ...seen, seconds });
    }
    for (const { at, seconds, versions } of windows) {
      const seen = versions[version];
      if (seen !== undefined) points.push({ ...empty(at, shareAt(changes, at, version)), ...seen, seconds });
    }
    if (Object.keys(now.weights).length > 0 && (points.length > 0 || version in now.weights)) {
      points.push(empty(Math.max(now.at, points.at(-1)?.at ?? 0), percent(now.weights, version)));
    }
    return { version, points: points.sort((a, b) => a.at - b.at) };
  });
}

function empty(at: number, share: number | null): Point {
  return { at, share, requests: null, errors: null, p50: null, p95: null, seconds: null };
}

/** A version's line begins with the first change that gave it traffic. */
function concerns(version: string, changes: readonly ShareChange[], at: number): boolean {
  return changes.some((change) => change.at <= at && version in change.weights);
}

/** Percent of all weights. */
export function percent(weights: Weights, version: string): number {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  return total === 0 ? 0 : Number((((weights[version] ?? 0) / total) * 100).toFixed(2));
}

function shareAt(changes: readonly ShareChange[], at: number, version: string): number | null {
  const last = changes.findLast((change) => change.at <= at);
  return last === undefined ? null : percent(last.weights, version);
}
