import type { AttemptProgress } from '@sluice/sdk';

const WINDOW_MS = 60_000;
const MOST_METRICS = 64;

/** Keeps what is known of an attempt, as heartbeats and its result report it. Times are epoch ms. */
export interface ProgressTracker {
  /** The trainer starts now, from a checkpoint's step or the beginning. */
  spawned(at: number, resumedFrom: number | null): void;
  reached(step: number, at: number, total?: number | null): void;
  measured(values: Readonly<Record<string, number>>): void;
  /** A checkpoint of a step that was reached at `at` is committed. */
  committed(step: number, at: number): void;
  snapshot(now: number): AttemptProgress;
}

export function trackProgress(start: { readonly machine: string; readonly startedAt: number }): ProgressTracker {
  const metrics = new Map<string, number>();
  let samples: { readonly at: number; readonly step: number }[] = [];
  let known: Pick<AttemptProgress, 'resumedFrom' | 'step' | 'total' | 'checkpoint' | 'checkpointAt' | 'restoreMs'> = {
    resumedFrom: null,
    step: null,
    total: null,
    checkpoint: null,
    checkpointAt: null,
    restoreMs: null,
  };
  return {
    spawned(at, resumedFrom) {
      known = { ...known, resumedFrom, restoreMs: at - start.startedAt };
      if (resumedFrom === null) return;
      known = { ...known, checkpoint: resumedFrom, checkpointAt: at };
      samples.push({ at, step: resumedFrom });
    },
    reached(step, at, total) {
      known = { ...known, step: Math.max(step, known.step ?? step), total: total ?? known.total };
      const last = samples.at(-1);
      // A quarter of a second apart is fine enough, and bounds the list.
      if (last === undefined || at - last.at >= 250) samples.push({ at, step: known.step ?? step });
      const oldest = at - WINDOW_MS;
      if ((samples[0]?.at ?? at) < oldest) samples = samples.filter((sample) => sample.at >= oldest);
    },
    measured(values) {
      for (const [name, value] of Object.entries(values)) {
        metrics.delete(name);
        if (Number.isFinite(value)) metrics.set(name, value);
      }
      for (const name of metrics.keys()) {
        if (metrics.size <= MOST_METRICS) break;
        metrics.delete(name);
      }
    },
    committed(step, at) {
      known = { ...known, checkpoint: step, checkpointAt: at };
    },
    snapshot(now) {
      const rate = rateOf(
        samples.filter((sample) => sample.at >= now - WINDOW_MS),
        known.step,
        now,
      );
      return {
        machine: start.machine,
        pid: process.pid,
        at: now,
        startedAt: start.startedAt,
        ...known,
        rate,
        metrics: Object.fromEntries(metrics),
      };
    },
  };
}

function rateOf(
  samples: readonly { readonly at: number; readonly step: number }[],
  step: number | null,
  now: number,
): number | null {
  const first = samples[0];
  if (first === undefined || step === null || now - first.at < 250) return null;
  return Math.round(((step - first.step) / (now - first.at)) * 1_000_000) / 1000;
}
