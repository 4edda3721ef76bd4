import { logFactorial } from './log-factorial.ts';

/** A part of what there is, of which some were looked at, drawn at random without putting any back. */
export interface Drawn {
  readonly of: number;
  readonly drawn: number;
}

/**
 * The most failures there can be in all strata together although not one was drawn: the largest D that leaves this
 * outcome a chance of `risk` however the D are spread over the strata. Exact: whoever says "at most D" after drawing
 * none is wrong with a chance below `risk`, whatever share of each stratum was drawn. A stratum of which nothing was
 * drawn may be all failures; one that was drawn whole has none.
 *
 * @param risk 0 to 1; 0.05 is 95 % sure.
 */
export function mostUnseenFailures(strata: readonly Drawn[], risk: number): number {
  const budget = -Math.log(risk);
  // One more failure costs the chance ln((N − D) / (N − D − n)), the more the more there are: the cheapest go first.
  let [low, high] = [0, 50];
  for (let step = 0; step < 100; step += 1) {
    const middle = (low + high) / 2;
    if (costOf(strata, (stratum) => failuresUpTo(stratum, middle)) <= budget) low = middle;
    else high = middle;
  }
  const failures = strata.map((stratum) => failuresUpTo(stratum, low));
  let cost = costOf(strata, (_, i) => failures[i] ?? 0);
  for (;;) {
    let next = -1;
    let least = Number.POSITIVE_INFINITY;
    strata.forEach((stratum, i) => {
      const price = priceOfOneMore(stratum, failures[i] ?? 0);
      if (price < least) [next, least] = [i, price];
    });
    // A price of exactly what is left is paid, whatever the last digit says.
    if (next < 0 || cost + least > budget * (1 + 1e-12)) break;
    failures[next] = (failures[next] ?? 0) + 1;
    cost += least;
  }
  return failures.reduce((sum, count) => sum + count, 0);
}

/**
 * The same for traffic that each stratum is a sample of, mixed as the strata are large: the greatest share of failures
 * that leaves drawing none a chance of `risk`. It is the maximum of Σ wₛ·pₛ where Π (1 − pₛ)^nₛ = risk, which has
 * 1 − pₛ = λ·nₛ/wₛ wherever pₛ is over 0. Drawn in the same proportion of every stratum it is 1 − risk^(1/n), the exact
 * binomial bound.
 */
export function mostUnseenShare(strata: readonly Drawn[], risk: number): number {
  const all = strata.reduce((sum, { of }) => sum + of, 0);
  const known = strata.filter(({ drawn }) => drawn > 0);
  const unknown = strata.filter(({ drawn }) => drawn === 0).reduce((sum, { of }) => sum + of / all, 0);
  if (known.length === 0) return 1;
  const goodAt = ({ of, drawn }: Drawn, lambda: number) => Math.min(1, (lambda * drawn * all) / of);
  let [low, high] = [0, Math.max(...known.map(({ of, drawn }) => of / all / drawn))];
  for (let step = 0; step < 200 && high - low > 1e-15 * high; step += 1) {
    const middle = (low + high) / 2;
    const cost = known.reduce((sum, stratum) => sum - stratum.drawn * Math.log(goodAt(stratum, middle)), 0);
    if (cost > -Math.log(risk)) low = middle;
    else high = middle;
  }
  return known.reduce((sum, stratum) => sum + (stratum.of / all) * (1 - goodAt(stratum, high)), unknown);
}

/** How many failures of a stratum each cost at most `price`. */
function failuresUpTo({ of, drawn }: Drawn, price: number): number {
  if (drawn === 0) return of;
  return Math.min(of - drawn, Math.max(0, Math.floor(of - drawn / -Math.expm1(-price)) + 1));
}

function priceOfOneMore({ of, drawn }: Drawn, failures: number): number {
  if (failures >= of - drawn) return Number.POSITIVE_INFINITY;
  return -Math.log1p(-drawn / (of - failures));
}

/** −ln of the chance that none of the failures is drawn: hypergeometric, stratum by stratum. */
function costOf(strata: readonly Drawn[], failuresOf: (stratum: Drawn, i: number) => number): number {
  let cost = 0;
  strata.forEach((stratum, i) => {
    const failures = failuresOf(stratum, i);
    if (failures > 0 && stratum.drawn > 0) {
      cost += logChoose(stratum.of, stratum.drawn) - logChoose(stratum.of - failures, stratum.drawn);
    }
  });
  return cost;
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}
