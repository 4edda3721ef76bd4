import type { EndpointView, TrafficSeries } from '../api.ts';
import { LineChart } from '../charts/line-chart.tsx';
import type { Line } from '../charts/plot.tsx';
import { ShareChart, type ShareRow } from '../charts/share-chart.tsx';
import { timeTicks } from '../charts/time-ticks.ts';
import { formatMs, formatNumber, formatShare, formatTime } from '../format.ts';
import { versionColour, versionName } from './rollout.tsx';

/** Shares, errors and latency of each version over the same time. */
export function Traffic({ view }: { view: EndpointView }) {
  const { traffic, state } = view;
  const times = traffic.flatMap(({ points }) => [points[0]?.at ?? [], points.at(-1)?.at ?? []].flat());
  if (times.length === 0) return null;
  const domain = [Math.min(...times), Math.max(...times)] as const;
  const { ticks, format } = timeTicks(domain);
  const colours = traffic.map(({ version }) => versionColour(version, state));
  const names = traffic.map(({ version }) => versionName(version, state));
  const line = (of: (point: TrafficSeries['points'][number]) => number | null): Line[] =>
    traffic.map(({ points }, i) => ({
      name: names[i] ?? '',
      colour: colours[i] ?? 7,
      points: points.flatMap((point) => {
        const value = of(point);
        return value === null ? [] : [[point.at, value] as const];
      }),
    }));
  const time = { domain, ticksX: ticks, formatX: (at: number) => (ticks.includes(at) ? format(at) : formatTime(at)) };
  const shares = shareRows(traffic);
  return (
    <div class="charts wide">
      {shares.length === 0 ? null : (
        <ShareChart title="share of traffic" names={names} colours={colours} rows={shares} {...time} />
      )}
      <LineChart
        title="requests that failed"
        fromZero
        topAtLeast={0.02}
        lines={line(({ errors, requests }) => (requests ? (errors ?? 0) / requests : null))}
        formatY={formatShare}
        {...time}
      />
      <LineChart
        title="latency, 95th percentile"
        fromZero
        lines={line(({ p95 }) => p95)}
        formatY={formatMs}
        {...time}
      />
      <LineChart
        title="requests per second"
        fromZero
        lines={line(({ requests, seconds }) => (requests === null || !seconds ? null : requests / seconds))}
        formatY={formatNumber}
        {...time}
      />
    </div>
  );
}

/** Shares of all versions whenever one of them changed. */
function shareRows(traffic: readonly TrafficSeries[]): ShareRow[] {
  const moments = [
    ...new Set(traffic.flatMap(({ points }) => points.filter(({ share }) => share !== null).map(({ at }) => at))),
  ].sort((a, b) => a - b);
  const next = traffic.map(() => 0);
  const shares = traffic.map(() => 0);
  return moments.map((at) => {
    traffic.forEach(({ points }, i) => {
      for (let k = next[i] ?? 0; k < points.length && (points[k]?.at ?? Infinity) <= at; k += 1) {
        shares[i] = points[k]?.share ?? shares[i] ?? 0;
        next[i] = k + 1;
      }
    });
    return { at, shares: [...shares] };
  });
}
