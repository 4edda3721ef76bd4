/** One value of one metric, with the trainer's own time. */
export interface MetricPoint {
  readonly name: string;
  readonly value: number;
  readonly step: number;
  /** Epoch ms. */
  readonly time: number;
}

/**
 * Points that wait to be sent. When there are more than `capacity`, every second one of those that wait is given up,
 * so that a curve keeps its shape at half the resolution instead of losing an end.
 */
export interface MetricBuffer {
  readonly length: number;
  /** Points given up so far. */
  readonly thinned: number;
  add(points: readonly MetricPoint[]): void;
  /** The oldest ones; they stay until they are {@link MetricBuffer.taken}. */
  first(count: number): readonly MetricPoint[];
  /** Removes points that have been sent. */
  taken(points: readonly MetricPoint[]): void;
  all(): readonly MetricPoint[];
}

export function metricBuffer(capacity: number): MetricBuffer {
  let points: MetricPoint[] = [];
  let thinned = 0;
  return {
    get length() {
      return points.length;
    },
    get thinned() {
      return thinned;
    },
    add(more) {
      for (const point of more) points.push(point);
      while (points.length > capacity) {
        const before = points.length;
        points = thin(points);
        thinned += before - points.length;
      }
    },
    first: (count) => points.slice(0, count),
    taken(sent) {
      const gone = new Set(sent);
      points = points.filter((point) => !gone.has(point));
    },
    all: () => points,
  };
}

/** Every second point of each metric, its newest included. */
function thin(points: readonly MetricPoint[]): MetricPoint[] {
  const seen = new Map<string, number>();
  const kept: MetricPoint[] = [];
  for (let index = points.length - 1; index >= 0; index -= 1) {
    const point = points[index];
    if (point === undefined) continue;
    const count = seen.get(point.name) ?? 0;
    seen.set(point.name, count + 1);
    if (count % 2 === 0) kept.push(point);
  }
  // Very many metrics of one point each cannot be thinned that way.
  return (kept.length < points.length ? kept : kept.slice(0, Math.floor(kept.length / 2))).reverse();
}
