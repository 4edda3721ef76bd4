/**
 * How much two raters agree beyond what chance gives them (J. Cohen, "A coefficient of agreement for nominal scales", 1960),
 * as scikit-learn's `cohen_kappa_score`.
 *
 * @param pairs What the one said of each thing, and the other.
 * @returns 1 for full agreement, 0 for that of chance; null where both say one and the same of all, or there is nothing
 */
export function cohenKappa(pairs: readonly (readonly [string, string])[]): number | null {
  const n = pairs.length;
  const labels = new Set(pairs.flat());
  const share = (test: (pair: readonly [string, string]) => boolean) => pairs.filter(test).length / n;
  const observed = share(([one, other]) => one === other);
  let chance = 0;
  for (const label of labels) chance += share(([one]) => one === label) * share(([, other]) => other === label);
  return n === 0 || labels.size === 1 ? null : (observed - chance) / (1 - chance);
}
