/** Distances of two distributions over the same bins. `reference` and `current` are counts or shares, one a bin. */

/**
 * Population stability index, Σ (r − c) ln(r / c). Empty bins count as a share of 0.0001, or as a millionth of the
 * smallest share where that is smaller, as Evidently's.
 */
export function psi(reference: readonly number[], current: readonly number[]): number {
  const [r, c] = [filled(shares(reference)), filled(shares(current))];
  return r.reduce((sum, share, bin) => sum + (share - at(c, bin)) * Math.log(share / at(c, bin)), 0);
}

/** Jensen–Shannon distance: the root of the divergence by natural logarithms, as `scipy.spatial.distance.jensenshannon`; 0 to 0.833. */
export function jensenShannon(reference: readonly number[], current: readonly number[]): number {
  const [r, c] = [shares(reference), shares(current)];
  const half = (one: readonly number[], other: readonly number[]) =>
    one.reduce((sum, p, bin) => (p === 0 ? sum : sum + p * Math.log((2 * p) / (p + at(other, bin)))), 0);
  return Math.sqrt(Math.max(0, (half(r, c) + half(c, r)) / 2));
}

/** Greatest difference of the two cumulative shares, looked at after every bin: at most that of the values themselves. */
export function kolmogorovSmirnov(reference: readonly number[], current: readonly number[]): number {
  const [r, c] = [shares(reference), shares(current)];
  let [difference, greatest] = [0, 0];
  for (const bin of r.keys()) {
    difference += at(r, bin) - at(c, bin);
    greatest = Math.max(greatest, Math.abs(difference));
  }
  return Math.min(1, greatest);
}

/** A bin with ends: mass is spread evenly over it, or sits at one point where both ends are the same. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** First Wasserstein distance, ∫ |F − G|, of mass over ascending spans that do not overlap. In the unit of the values. */
export function wasserstein(spans: readonly Span[], reference: readonly number[], current: readonly number[]): number {
  const [r, c] = [shares(reference), shares(current)];
  let [area, before] = [0, 0];
  for (const [bin, { from, to }] of spans.entries()) {
    const earlier = spans[bin - 1]?.to ?? from;
    area += (from - earlier) * Math.abs(before);
    const after = before + at(r, bin) - at(c, bin);
    area += (to - from) * meanOfLine(before, after);
    before = after;
  }
  return area;
}

/** Mean of |y| along a line from `a` to `b`. */
function meanOfLine(a: number, b: number): number {
  if (a * b >= 0) return Math.abs(a + b) / 2;
  return (a * a + b * b) / (2 * (Math.abs(a) + Math.abs(b)));
}

function shares(counts: readonly number[]): number[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (all === 0 ? 0 : count / all));
}

function filled(list: readonly number[]): number[] {
  const least = Math.min(...list.filter((share) => share > 0));
  const floor = least <= 0.0001 ? least / 1e6 : 0.0001;
  return list.map((share) => (share === 0 ? floor : share));
}

const at = (list: readonly number[], index: number) => list[index] ?? 0;
