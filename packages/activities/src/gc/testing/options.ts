import type { SweepableStore } from '../../store/store-sweep.ts';
import type { CollectOptions } from '../collect.ts';
import { knownRuns } from './known-runs.ts';

const dayMs = 24 * 3600_000;

/** A collection that deletes, a year from now, so that everything that was just put is old. */
export function collecting(
  store: SweepableStore,
  stateDir: string,
  over: Partial<CollectOptions> = {},
): CollectOptions {
  return {
    store,
    runs: knownRuns([{}]),
    namespace: 'default',
    mlflow: null,
    stateDir,
    grace: 7 * dayMs,
    payloadAge: 30 * dayMs,
    localAges: { copies: 7 * dayMs, partial: dayMs, logs: 30 * dayMs },
    delete: true,
    now: Date.now() + 365 * dayMs,
    ...over,
  };
}
