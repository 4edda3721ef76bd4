/** Points of a curve that are shown at most. */
export const MOST_POINTS = 1_000;

export type Point = readonly [number, number];

/**
 * At most `most` points of a curve in the order of `points`: of each stretch the least and the greatest value, so that
 * a peak of one point is seen, and both ends.
 */
export function thinned(points: readonly Point[], most = MOST_POINTS): Point[] {
  const finite = points.filter(([at, value]) => Number.isFinite(at) && Number.isFinite(value));
  const [first] = finite;
  const last = finite.at(-1);
  if (finite.length <= most || first === undefined || last === undefined) return [...finite];
  const inner = finite.slice(1, -1);
  const stretches = Math.max(1, Math.floor((most - 2) / 2));
  const kept: Point[] = [first];
  for (let index = 0; index < stretches; index += 1) {
    const from = Math.floor((index * inner.length) / stretches);
    const to = Math.floor(((index + 1) * inner.length) / stretches);
    let low = from;
    let high = from;
    for (let at = from; at < to; at += 1) {
      if (valueAt(inner, at) < valueAt(inner, low)) low = at;
      if (valueAt(inner, at) > valueAt(inner, high)) high = at;
    }
    for (const at of new Set([Math.min(low, high), Math.max(low, high)])) {
      const point = inner[at];
      if (point !== undefined && to > from) kept.push(point);
    }
  }
  return [...kept, last];
}

function valueAt(points: readonly Point[], index: number): number {
  return points[index]?.[1] ?? Number.NaN;
}
