import { seededRandom } from '../../../statistics/random.ts';

/**
 * Where the first of two answers stands in each of `k` votes: true, in front. Each place comes as often as the other, but
 * for one vote where `k` is odd, in an order drawn by the seed.
 */
export function positions(k: number, seed: string): boolean[] {
  const random = seededRandom(seed);
  const odd = random.below(2) === 0;
  const drawn = Array.from({ length: k }, (_, i) => (i === k - 1 && k % 2 === 1 ? odd : i % 2 === 0));
  for (let i = k - 1; i > 0; i -= 1) {
    const j = random.below(i + 1);
    [drawn[i], drawn[j]] = [drawn[j] === true, drawn[i] === true];
  }
  return drawn;
}
