import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long the event loop may wait, ms. */
const SLICE = 40;

/**
 * To be awaited between pieces of long work: gives the event loop a turn about every 40 ms, because whatever else the worker
 * does stands still meanwhile, heartbeats among it.
 *
 * @param onSlice Called before each turn; throw to stop.
 */
export function turns(onSlice?: () => void): () => Promise<void> {
  let end = performance.now() + SLICE;
  return async () => {
    if (performance.now() < end) return;
    onSlice?.();
    await nextTurn();
    end = performance.now() + SLICE;
  };
}
