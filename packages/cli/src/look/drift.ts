import type { ColumnProfile } from '@sluice/activities';

/**
 * How far the values of a column have moved, from 0 (not at all) to 1 (no value in common), as far as two profiles
 * tell. Null where they do not.
 *
 * Of numbers it is the largest difference between the two cumulative shares (the Kolmogorov–Smirnov distance), read off
 * the histograms, straight lines between their edges. Of texts and booleans it is half the sum of the differences of
 * shares over the listed values and all the others together (the total variation distance), which is a lower bound.
 */
export function driftOf(a: ColumnProfile, b: ColumnProfile): number | null {
  if (a.histogram && b.histogram && a.count > 0 && b.count > 0) return largestGap(a, b);
  if (a.top && b.top && a.count > 0 && b.count > 0) return variation(a, b);
  return null;
}

function largestGap(a: ColumnProfile, b: ColumnProfile): number {
  const [left, right] = [cumulative(a), cumulative(b)];
  const at = [...new Set([...left, ...right].map(({ edge }) => edge))];
  // Where a value has a bin of its own, the share jumps there: both sides of the jump count.
  const gaps = at.flatMap((edge) => [
    Math.abs(shareBelow(left, edge, false) - shareBelow(right, edge, false)),
    Math.abs(shareBelow(left, edge, true) - shareBelow(right, edge, true)),
  ]);
  return Math.min(1, Math.max(0, ...gaps));
}

interface Point {
  readonly edge: number;
  /** Share of values below the edge. */
  readonly below: number;
}

function cumulative({ histogram }: ColumnProfile): Point[] {
  const { edges, counts } = histogram ?? { edges: [], counts: [] };
  const inner = counts.slice(1, -1);
  const total = inner.reduce((sum, count) => sum + count, 0) || 1;
  let below = 0;
  return edges.map((edge, index) => {
    const point = { edge, below: below / total };
    below += inner[index] ?? 0;
    return point;
  });
}

/** Share of values below a value, or with `including` below it and at it. */
function shareBelow(points: readonly Point[], value: number, including: boolean): number {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || value < first.edge) return 0;
  if (value > last.edge) return 1;
  const same = points.filter(({ edge }) => edge === value);
  if (value === last.edge) return including ? 1 : (same[0]?.below ?? 1);
  const [exact] = same;
  if (exact !== undefined) return exact.below;
  const next = points.findIndex(({ edge }) => edge > value);
  const [from, to] = [points[next - 1], points[next]];
  if (from === undefined || to === undefined) return 1;
  return from.below + ((value - from.edge) / (to.edge - from.edge)) * (to.below - from.below);
}

function variation(a: ColumnProfile, b: ColumnProfile): number {
  const [left, right] = [sharesOf(a), sharesOf(b)];
  // A value that one list lacks may still be among the others of that column, which the list does not name.
  const both = [...left.keys()].filter((value) => right.has(value));
  const onlyLeft = a.distinct === left.size ? 0 : null;
  const onlyRight = b.distinct === right.size ? 0 : null;
  const values = onlyLeft === 0 && onlyRight === 0 ? [...new Set([...left.keys(), ...right.keys()])] : both;
  let [difference, restLeft, restRight] = [0, 1, 1];
  for (const value of values) {
    const [x, y] = [left.get(value) ?? 0, right.get(value) ?? 0];
    difference += Math.abs(x - y);
    restLeft -= x;
    restRight -= y;
  }
  return Math.min(1, Math.max(0, (difference + Math.abs(restLeft - restRight)) / 2));
}

function sharesOf({ top, count }: ColumnProfile): Map<string, number> {
  return new Map((top ?? []).map((one) => [one.value, one.count / count]));
}
