import { seededRandom } from '../../statistics/random.ts';

/** Seeded draws; exact, by inversion, in parts where there are many. */
export interface Draws {
  /** 0 (included) to 1. */
  uniform(): number;
  binomial(n: number, p: number): number;
  poisson(mean: number): number;
  /** `n` things into places with these probabilities. */
  multinomial(n: number, probabilities: readonly number[]): number[];
}

/** Mean of one part: e to its negative must not vanish. */
const PART = 200;

export function draws(seed: number | string): Draws {
  const random = seededRandom(seed);
  const uniform = () => random.next() / 4294967296;

  function binomial(n: number, p: number): number {
    if (n <= 0 || p <= 0) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - binomial(n, 1 - p);
    if (n * p > PART) {
      const half = Math.floor(n / 2);
      return binomial(half, p) + binomial(n - half, p);
    }
    let term = (1 - p) ** n;
    let left = uniform() - term;
    let k = 0;
    while (left > 0 && k < n) {
      term *= ((n - k) / (k + 1)) * (p / (1 - p));
      left -= term;
      k += 1;
    }
    return k;
  }

  function poisson(mean: number): number {
    if (mean <= 0) return 0;
    if (mean > PART) return poisson(mean / 2) + poisson(mean / 2);
    let term = Math.exp(-mean);
    let left = uniform() - term;
    let k = 0;
    while (left > 0 && term > 0) {
      k += 1;
      term *= mean / k;
      left -= term;
    }
    return k;
  }

  function multinomial(n: number, probabilities: readonly number[]): number[] {
    let left = n;
    let mass = 1;
    return probabilities.map((p) => {
      const drawn = left === 0 ? 0 : p >= mass ? left : binomial(left, p / mass);
      left -= drawn;
      mass -= p;
      return drawn;
    });
  }

  return { uniform, binomial, poisson, multinomial };
}
