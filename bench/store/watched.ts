import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What some work cost the process it ran in. */
export interface Watched {
  readonly seconds: number;
  /** Longest time in which the event loop answered nobody, ms. */
  readonly gapMs: number;
  /** By how much the resident set was larger at its peak than before, MiB. */
  readonly grownMiB: number;
}

const resolution = 5;

/** Runs work and watches the process meanwhile. */
export async function watched(work: () => Promise<unknown>): Promise<Watched> {
  const gaps = monitorEventLoopDelay({ resolution });
  const before = process.memoryUsage.rss();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 50);
  gaps.enable();
  const start = performance.now();
  try {
    await work();
  } finally {
    gaps.disable();
    clearInterval(timer);
  }
  const seconds = (performance.now() - start) / 1000;
  return { seconds, gapMs: Math.max(0, gaps.max / 1e6 - resolution), grownMiB: (peak - before) / 2 ** 20 };
}
