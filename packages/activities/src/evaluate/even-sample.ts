import { seededRandom } from '../statistics/random.ts';

/**
 * At most `limit` items, as evenly over categories as these are large: a small category is taken whole, and what it
 * leaves goes to the others. The order is kept. The same seed draws the same items.
 */
export function evenSample<Item extends { readonly category: string }>(
  items: readonly Item[],
  limit: number,
  seed: number | string,
): Item[] {
  if (items.length <= limit) return [...items];
  const byCategory = new Map<string, number[]>();
  items.forEach(({ category }, i) => {
    const list = byCategory.get(category);
    if (list === undefined) byCategory.set(category, [i]);
    else list.push(i);
  });
  const quotas = evenQuotas(
    [...byCategory].map(([category, list]) => [category, list.length]),
    limit,
  );
  const chosen: number[] = [];
  for (const [category, list] of byCategory) {
    const random = seededRandom(`${seed}/${category}`);
    const quota = quotas.get(category) ?? 0;
    for (let i = 0; i < quota; i += 1) {
      const j = i + random.below(list.length - i);
      [list[i], list[j]] = [list[j] ?? 0, list[i] ?? 0];
      chosen.push(list[i] ?? 0);
    }
  }
  return chosen.sort((a, b) => a - b).flatMap((i) => items[i] ?? []);
}

/** Shares of `limit` by name, none above its size: the smallest are served first, the rest is split evenly. */
function evenQuotas(sizes: readonly (readonly [string, number])[], limit: number): Map<string, number> {
  const quotas = new Map<string, number>();
  let left = limit;
  const rising = [...sizes].sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
  rising.forEach(([name, size], i) => {
    const quota = Math.min(size, Math.floor(left / (rising.length - i)));
    quotas.set(name, quota);
    left -= quota;
  });
  return quotas;
}
