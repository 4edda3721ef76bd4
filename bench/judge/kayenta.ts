/**
 * Kayenta's `NetflixACAJudge-v1.0` at its defaults, written again from its description, for comparison only: NaN are
 * removed, outliers kept, effect sizes by ratio of means (allowed 1), Mann–Whitney at 98 % with a tolerance of 0.25.
 */

/** Values of one metric in time buckets; NaN where there was no traffic. */
export interface Series {
  readonly canary: readonly number[];
  readonly baseline: readonly number[];
}

export type Label = 'Pass' | 'High' | 'Low' | 'Nodata';

const TOLERANCE = 0.25;
/** Normal quantile of 0.99: two-sided 98 %. */
const Z = 2.3263478740408408;

/** Direction `increase`: only more than the baseline is bad, so less is a pass. */
export function classify({ canary, baseline }: Series): Label {
  const x = canary.filter((value) => !Number.isNaN(value));
  const y = baseline.filter((value) => !Number.isNaN(value));
  if (x.length === 0 || y.length === 0) return 'Nodata';
  if (new Set([...x, ...y]).size === 1 || sameValues(x, y)) return 'Pass';
  // The interval's lower end is over 0 just when the test at 0 says so; most metrics need no more than that.
  if (statistic(x, y, 0) <= Z) return 'Pass';
  const low = root(x, y, Z);
  const estimate = root(x, y, 0);
  const ratio = mean(x) / mean(y);
  const effect = mean(x) === 0 || mean(y) === 0 ? Number.NaN : ratio;
  const large = Number.isNaN(effect) || effect >= 1;
  return low > TOLERANCE * Math.abs(estimate) && large ? 'High' : 'Pass';
}

export interface Group {
  readonly weight: number;
  readonly critical: boolean;
  readonly labels: readonly Label[];
}

/** 0 to 100: share of passes per group, weighted; 0 when a critical metric is bad or half of them have no data. */
export function score(groups: readonly Group[]): number {
  const all = groups.flatMap((group) => group.labels);
  if (groups.some((group) => group.critical && group.labels.includes('High'))) return 0;
  if (all.filter((label) => label === 'Nodata').length * 2 >= all.length) return 0;
  return groups.reduce((sum, { weight, labels }) => {
    const judged = labels.filter((label) => label !== 'Nodata');
    const share = judged.length === 0 ? 1 : judged.filter((label) => label === 'Pass').length / judged.length;
    return sum + weight * share;
  }, 0);
}

/** The Mann–Whitney statistic of x − shift against y: normal approximation, continuity and tie correction. */
export function statistic(x: readonly number[], y: readonly number[], shift: number): number {
  const [m, n] = [x.length, y.length];
  const all = [
    ...x.map((value) => ({ value: value - shift, mine: true })),
    ...y.map((value) => ({ value, mine: false })),
  ];
  all.sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let ties = 0;
  for (let start = 0; start < all.length; ) {
    let end = start;
    let mine = 0;
    while (end < all.length && all[end]?.value === all[start]?.value) {
      if (all[end]?.mine) mine += 1;
      end += 1;
    }
    rankSum += (mine * (start + 1 + end)) / 2;
    ties += (end - start) ** 3 - (end - start);
    start = end;
  }
  const z = rankSum - (m * (m + 1)) / 2 - (m * n) / 2;
  const variance = ((m * n) / 12) * (m + n + 1 - ties / ((m + n) * (m + n - 1)));
  return variance <= 0 ? 0 : (z - 0.5 * Math.sign(z)) / Math.sqrt(variance);
}

/** The shift at which the statistic falls to `target`. */
function root(x: readonly number[], y: readonly number[], target: number): number {
  let low = Math.min(...x) - Math.max(...y);
  let high = Math.max(...x) - Math.min(...y);
  for (let i = 0; i < 40; i += 1) {
    const middle = (low + high) / 2;
    if (statistic(x, y, middle) > target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function mean(list: readonly number[]): number {
  return list.reduce((sum, value) => sum + value, 0) / list.length;
}

function sameValues(x: readonly number[], y: readonly number[]): boolean {
  if (x.length !== y.length) return false;
  const [a, b] = [[...x].sort(numerically), [...y].sort(numerically)];
  return a.every((value, i) => value === b[i]);
}

function numerically(a: number, b: number): number {
  return a - b;
}
