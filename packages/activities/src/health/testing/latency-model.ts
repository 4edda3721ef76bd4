/** Edges that rise by a twelfth of a factor of two and more, as a data plane's do; up to two minutes. */
export const EDGES: readonly number[] = Array.from({ length: 145 }, (_, i) =>
  Number((0.5 * 2 ** (i / 8)).toPrecision(4)),
);

/** How long answers take, as shares of a few places of a histogram. */
export interface LatencyModel {
  readonly places: readonly number[];
  readonly shares: readonly number[];
}

/** A mixture of fixed times, `[[50, 0.6], [2000, 0.4]]`: ms and share. */
export function mixture(parts: readonly (readonly [ms: number, share: number])[]): LatencyModel {
  return { places: parts.map(([ms]) => placeOf(ms)), shares: parts.map(([, share]) => share) };
}

/**
 * Like a log-normal: 16 equally likely times, and the last of them split further, so that there is a p99 to look at.
 *
 * @param spread standard deviation of the logarithm
 */
export function logNormal(median: number, spread: number): LatencyModel {
  const z = [-1.86, -1.32, -1.01, -0.78, -0.58, -0.4, -0.24, -0.08, 0.08, 0.24, 0.4, 0.58, 0.78, 1.01, 1.32];
  const body = z.map((one) => [median * Math.exp(spread * one), 1 / 16] as const);
  // The mass beyond 15/16: to p97.5, to p99, to p99.7 and beyond.
  const tail = [
    [1.7, 0.0375],
    [2.1, 0.015],
    [2.5, 0.007],
    [3, 0.003],
  ].map(([at = 0, share = 0]) => [median * Math.exp(spread * at), share] as const);
  return mixture([...body, ...tail]);
}

export function scaled(model: LatencyModel, factor: number): LatencyModel {
  return { ...model, places: model.places.map((place) => placeOf((EDGES[place] ?? 0) * factor)) };
}

function placeOf(ms: number): number {
  const place = EDGES.findIndex((edge) => ms <= edge * 1.0001);
  return place === -1 ? EDGES.length : place;
}
