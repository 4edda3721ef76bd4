import type { AttemptProgress } from '@sluice/sdk';
import type { ActivitySeam } from './seam.ts';

const LEAST_MS = 100;
const MOST_MS = 1000;

export interface Heartbeat {
  /** Something has changed: tells it now, or within a tenth of a second where much changes. */
  changed(): void;
  stop(): void;
}

/** Tells progress on every change, and each second without one. */
export function startHeartbeat(seam: ActivitySeam, snapshot: (now: number) => AttemptProgress): Heartbeat {
  let last = 0;
  let soon: NodeJS.Timeout | null = null;
  const beat = (): void => {
    if (soon !== null) clearTimeout(soon);
    soon = null;
    last = Date.now();
    seam.heartbeat(snapshot(last));
  };
  const timer = setInterval(() => {
    if (Date.now() - last >= MOST_MS / 2) beat();
  }, MOST_MS);
  beat();
  return {
    changed() {
      const wait = last + LEAST_MS - Date.now();
      if (wait <= 0) beat();
      else soon ??= setTimeout(beat, wait);
    },
    stop() {
      clearInterval(timer);
      if (soon !== null) clearTimeout(soon);
    },
  };
}
