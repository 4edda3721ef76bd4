import { readFileSync } from 'node:fs';

/** Resident memory of one process over time, MiB. */
export interface Memory {
  /** Median of the samples between a tenth and four tenths of the time. */
  readonly early: number;
  /** Median of the last three tenths. */
  readonly late: number;
  readonly most: number;
  /** `late` is at most {@link bound} of `early`. */
  readonly flat: boolean;
}

/** What may be on top of the early figure: a fifth, and 32 MiB for the collector's moods. */
export const bound = (early: number): number => early * 1.2 + 32;

/** Resident memory now, MiB; null for a process that is gone. */
export function residentMiB(pid: number): number | null {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line ? Number(line[1]) / 1024 : null;
  } catch {
    return null;
  }
}

export function memoryOf(samples: readonly number[]): Memory {
  const part = (from: number, to: number) =>
    samples.slice(Math.floor(samples.length * from), Math.max(1, Math.ceil(samples.length * to)));
  const early = median(part(0.1, 0.4));
  const late = median(part(0.7, 1));
  return { early, late, most: Math.round(Math.max(0, ...samples)), flat: late <= bound(early) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[sorted.length >> 1] ?? Number.NaN);
}
