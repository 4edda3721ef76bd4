import { quantileOf } from '../../packages/activities/src/health/slow-answers.ts';
import {
  phasesOf,
  START,
  type VirtualEndpoint,
} from '../../packages/activities/src/health/testing/virtual-endpoint.ts';
import { RECORD } from '../../packages/activities/src/health/watch-traffic.ts';
import type { Measurement, RolloutSpec, VersionTraffic } from '../../packages/sdk/src/index.ts';
import { classify, type Label, score } from './kayenta.ts';

/** Seconds in a bucket of a series. */
const BUCKET = 10;
/** Seconds between two analyses of a growing window. */
const ANALYSIS = 60;
/** Below it an analysis fails (`marginal` of Argo's example); above it the next phase begins. */
const MARGINAL = 75;

/** The same rollout on the same streams, judged by Kayenta at each phase's end and each minute of the bake. */
export async function kayentaRollout(
  endpoint: VirtualEndpoint,
  spec: RolloutSpec,
  step: number,
): Promise<{ stopped: boolean; took: number | null }> {
  const { clock, target } = endpoint;
  // Drawn first by the other judge as well, so that what follows is the same.
  await target.measure('shop', { since: START - RECORD, until: START });
  for (const { share, hold } of phasesOf(spec)) {
    endpoint.set({ v1: 100 - share, v2: share });
    const since = clock.now();
    const buckets: { canary: VersionTraffic[]; baseline: VersionTraffic[] }[] = [];
    for (let at = since, next = since + ANALYSIS * 1000; at < since + hold; at += step) {
      clock.advance(step);
      const { versions } = await measured(endpoint, at, at + step);
      const place = Math.floor((at - since) / (BUCKET * 1000));
      const bucket = buckets[place] ?? { canary: [], baseline: [] };
      buckets[place] = bucket;
      if (versions.v2 !== undefined) bucket.canary.push(versions.v2);
      if (versions.v1 !== undefined) bucket.baseline.push(versions.v1);
      if (at + step < next) continue;
      next += ANALYSIS * 1000;
      if (scoreOf(buckets) >= MARGINAL) continue;
      const bad = endpoint.firstBad();
      return { stopped: true, took: bad === null ? null : (clock.now() - bad) / 1000 };
    }
  }
  return { stopped: false, took: null };
}

async function measured({ clock, target }: VirtualEndpoint, since: number, until: number): Promise<Measurement> {
  clock.advance(1000);
  const measurement = await target.measure('shop', { since, until });
  clock.advance(-1000);
  return measurement;
}

function scoreOf(
  buckets: readonly { canary: readonly VersionTraffic[]; baseline: readonly VersionTraffic[] }[],
): number {
  const label = (value: (traffic: readonly VersionTraffic[]) => number): Label =>
    classify({
      canary: buckets.map(({ canary }) => value(canary)),
      baseline: buckets.map(({ baseline }) => value(baseline)),
    });
  const share = (hits: (traffic: VersionTraffic) => number, of: (traffic: VersionTraffic) => number) =>
    label((all) => sum(all, hits) / (sum(all, of) || Number.NaN));
  const requests = ({ requests }: VersionTraffic) => requests;
  const latency = (q: number) => label((all) => latencyAt(all, q));
  return score([
    {
      weight: 50,
      critical: true,
      labels: [
        share(({ errors }) => errors, requests),
        share(({ byStatus }) => byStatus['4xx'] ?? 0, requests),
        share(
          ({ aborted }) => aborted,
          ({ requests, aborted }) => requests + aborted,
        ),
      ],
    },
    { weight: 50, critical: false, labels: [latency(0.5), latency(0.95), latency(0.99)] },
  ]);
}

function latencyAt(all: readonly VersionTraffic[], q: number): number {
  const [first] = all;
  if (first === undefined || sum(all, ({ requests }) => requests) === 0) return Number.NaN;
  const counts = first.latency.counts.map((_, i) => sum(all, ({ latency }) => latency.counts[i] ?? 0));
  return quantileOf({ edges: first.latency.edges, counts }, q);
}

function sum<Of>(list: readonly Of[], value: (one: Of) => number): number {
  return list.reduce((total, one) => total + value(one), 0);
}
