/**
 * P(T ≥ t) of Student's t with `df` degrees of freedom: half the regularised incomplete beta function I_x(df/2, 1/2) at
 * x = df / (df + t²) for t above 0 (Abramowitz and Stegun, 26.7.1 and 26.5.27).
 *
 * @param df Over 0.
 */
export function studentUpperTail(t: number, df: number): number {
  if (t === Number.POSITIVE_INFINITY) return 0;
  if (t === Number.NEGATIVE_INFINITY) return 1;
  const half = incompleteBeta(df / (df + t * t), df / 2, 0.5) / 2;
  return t >= 0 ? half : 1 - half;
}

/** The t that `tail` of the distribution lies above, by halving. @param tail 0 to 1/2 */
export function studentQuantile(tail: number, df: number): number {
  let [low, high] = [0, 1];
  while (studentUpperTail(high, df) > tail && high < 1e12) high *= 2;
  for (let step = 0; step < 80; step += 1) {
    const middle = (low + high) / 2;
    if (studentUpperTail(middle, df) > tail) low = middle;
    else high = middle;
  }
  return high;
}

/** I_x(a, b), by its continued fraction on the side where that converges fast (DLMF 8.17.22). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  // Lentz's method from the back is simple and enough: terms fall fast on this side.
  let fraction = 1;
  for (let m = 300; m >= 1; m -= 1) {
    const half = m >> 1;
    const factor =
      m % 2 === 0
        ? (half * (b - half) * x) / ((a + m - 1) * (a + m))
        : (-(a + half) * (a + b + half) * x) / ((a + m - 1) * (a + m));
    fraction = 1 + factor / fraction;
  }
  return front / fraction;
}

/** ln Γ(x) for x over 0, by Stirling's series where that is exact to 1e-14 (Abramowitz and Stegun, 6.1.41). */
function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 12; at += 1) shift += Math.log(at);
  const inverse = 1 / (at * at);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / at;
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series - shift;
}
