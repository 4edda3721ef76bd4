const table: number[] = [0, 0];

/**
 * ln n!, exact to about 15 digits: a running sum up to 256, Stirling's series after that
 * (Abramowitz and Stegun 6.1.41; the next term is below 1e-17 there).
 */
export function logFactorial(n: number): number {
  if (n <= 256) {
    while (table.length <= n) table.push((table[table.length - 1] ?? 0) + Math.log(table.length));
    return table[n] ?? 0;
  }
  const x = n + 1;
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5);
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}
