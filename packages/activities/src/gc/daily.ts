import { defaultLocalAges, pruneLocal } from './local-state.ts';
import { Tally } from './tally.ts';

const dayMs = 24 * 3600_000;

/**
 * Removes, now and every day, what a worker's machine can spare without asking anybody: unfinished downloads, copies of
 * datasets, kept local results and logs of jobs that are old. Copies of models stay until `sluice gc`, which knows what is served.
 *
 * @returns how to stop
 */
export function pruneDaily(stateDir: string): () => void {
  const prune = (): void => {
    const options = { ages: defaultLocalAges, serves: null, delete: true, now: Date.now() };
    pruneLocal(stateDir, options, new Tally()).catch(() => {}); // a courtesy to the disk: nothing depends on it
  };
  prune();
  const timer = setInterval(prune, dayMs);
  timer.unref();
  return () => clearInterval(timer);
}
