import type { Evidence } from '@sluice/sdk';

/** A difference of which more is better. */
export interface Gain {
  readonly effect: number;
  /** Ends may be infinite. */
  readonly interval: readonly [number, number] | null;
  /** How much may be lost, below 0; null where nothing was asked. */
  readonly margin: number | null;
}

/** From a difference to percent of the chart's width; what lies beyond an end is put onto it. */
export interface IntervalScale {
  (value: number): number;
  readonly from: number;
  readonly to: number;
}

/** One scale for all differences of a metric, with 0 and the margin in it; null where no gain was asked for. */
export function intervalScale(rows: readonly Evidence[]): IntervalScale | null {
  return gainScale(rows.flatMap((row) => gainOf(row) ?? []));
}

/** The same of gains; null where there are none. */
export function gainScale(gains: readonly Gain[]): IntervalScale | null {
  if (gains.length === 0) return null;
  // One interval of a tiny slice must not make all others a dot: what is longer is cut off.
  const reach = median(
    gains.map(({ interval, effect }) =>
      Math.max(...(interval ?? [effect]).map((end) => (Number.isFinite(end) ? Math.abs(end) : 0))),
    ),
  );
  const bound = gains.reduce(
    (most, { effect, margin }) => Math.max(most, 1.15 * Math.abs(effect), 1.15 * Math.abs(margin ?? 0)),
    Math.max(reach * 1.6, 1e-9),
  );
  const scale = (value: number) => Math.min(100, Math.max(0, 50 + (50 * value) / bound));
  return Object.assign(scale, { from: -bound, to: bound });
}

/** A row that asks for a gain says so; null for others. */
export function gainOf(row: Evidence): Gain | null {
  const margin = marginOf(row);
  return row.effect == null || margin === null ? null : { effect: row.effect, interval: row.interval ?? null, margin };
}

/** `gain > -0.01` asks that the difference stays above −0.01. */
export function marginOf({ threshold }: Pick<Evidence, 'threshold'>): number | null {
  const found = /^(?:gain )?> (-\d+(?:\.\d+)?(?:e-?\d+)?)$/.exec(threshold ?? '');
  return found === null ? null : Number(found[1]);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2;
}
