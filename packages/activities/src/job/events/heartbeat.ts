import type { AttemptProgress } from '@sluice/sdk';
import type { ActivitySeam } from '../seam.ts';

const LEAST_MS = 100;
const MOST_MS = 1000;

export interface Heartbeat {
  /** Something has changed: tells it now, or within a tenth of a second where much changes. */
  changed(): void;
  stop(): void;
}

/**
 * Tells progress on every change, and each second without one. An attempt that is over within a second and had nothing
 * to tell costs the server nothing.
 */
export function startHeartbeat(seam: ActivitySeam, snapshot: (now: number) => AttemptProgress): Heartbeat {
  let last = Date.now();
  let soon: NodeJS.Timeout | undefined;
  const beat = (): void => {
    clearTimeout(soon);
    soon = undefined;
    last = Date.now();
    seam.heartbeat(snapshot(last));
  };
  const timer = setInterval(() => {
    if (Date.now() - last >= MOST_MS / 2) beat();
  }, MOST_MS);
  return {
    changed() {
      const wait = last + LEAST_MS - Date.now();
      if (wait <= 0) beat();
      else soon ??= setTimeout(beat, wait);
    },
    stop() {
      clearInterval(timer);
      clearTimeout(soon);
    },
  };
}
