/** Upper edges in ms of every latency histogram of the gateway: 2^(1/8) apart (9 %), from 0.5 ms to 120 s. */
export const LATENCY_EDGES: readonly number[] = Array.from({ length: 144 }, (_, i) =>
  Number((0.5 * 2 ** (i / 8)).toPrecision(4)),
);

/** The place of a value: the first edge that is not below it, or one past the last edge. */
export function edgeOf(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
