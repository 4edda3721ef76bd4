/**
 * p-values of several tests, adjusted so that the chance of any false rejection among them stays below the level they are
 * compared with (S. Holm, "A simple sequentially rejective multiple test procedure", 1979; R's `p.adjust`).
 *
 * @param list null is no test, and stays null
 */
export function holm(list: readonly (number | null)[]): (number | null)[] {
  const rising = list.flatMap((p, i) => (p === null ? [] : [{ p, i }])).sort((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = list.map(() => null);
  let least = 0;
  rising.forEach(({ p, i }, rank) => {
    least = Math.min(1, Math.max(least, p * (rising.length - rank)));
    adjusted[i] = least;
  });
  return adjusted;
}
