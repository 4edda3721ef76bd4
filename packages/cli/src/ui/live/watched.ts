import type { EndpointView, RunsView, RunView } from '@sluice/ui/api';
import { troubleOf } from '../trouble.ts';
import type { Watched } from './feed.ts';

/** Time between looks, ms: while something happens, and the longest while nothing does. */
const BUSY = 1_000;
const LIST = 2_000;
const IDLE = 5_000;
const CLOSED = 15_000;
/** Time without a change after which it is looked less often, ms. */
const QUIET_AFTER = 10_000;

export function watchRun(look: () => Promise<RunView>): Watched {
  return {
    event: 'run',
    look,
    sameness: (view) => JSON.stringify({ ...(view as RunView), at: 0 }),
    pace: (view, unchangedMs) => {
      const { row, jobs } = view as RunView;
      if (row.endedAt !== null) return CLOSED;
      return jobs.length > 0 ? slower(BUSY, unchangedMs) : slower(BUSY, unchangedMs * 2);
    },
    troubleOf,
  };
}

export function watchRuns(look: () => Promise<RunsView>): Watched {
  return {
    event: 'runs',
    look,
    sameness: (view) => JSON.stringify(view),
    pace: (_view, unchangedMs) => slower(LIST, unchangedMs),
    troubleOf,
  };
}

export function watchEndpoint(look: () => Promise<EndpointView>): Watched {
  return {
    event: 'endpoint',
    look,
    sameness: (view) => JSON.stringify(withoutClock(view as EndpointView)),
    pace: (view, unchangedMs) => {
      const { mode } = (view as EndpointView).state;
      return mode === 'steady' || mode === 'unowned' ? slower(LIST, unchangedMs) : BUSY;
    },
    troubleOf,
  };
}

/** From `quick` to {@link IDLE}, the longer nothing has changed. */
function slower(quick: number, unchangedMs: number): number {
  return Math.min(IDLE, Math.max(quick, (quick * unchangedMs) / QUIET_AFTER));
}

/** Without what changes by the passing of time alone: the last point of a line says how it is now. */
function withoutClock(view: EndpointView): unknown {
  const traffic = view.traffic.map(({ version, points }) => ({
    version,
    points: points.map(({ at, ...point }) => (point.requests === null ? { share: point.share } : { at, ...point })),
  }));
  return { ...view, at: 0, traffic };
}
