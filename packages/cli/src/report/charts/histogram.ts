import { formatNumber } from '@sluice/ui/shared';
import type { Histogram } from '../data.ts';
import { type Html, html } from '../html.ts';

const WIDTH = 200;
const HEIGHT = 36;

interface Bin {
  readonly low: number;
  readonly high: number;
  /** Share of all values for each unit of the axis. */
  readonly density: number;
}

/**
 * How often values of a column are where: as wide as the bins are, as high as they are dense; outlined how it was before.
 * Long thin tails are cut off, and the ends of the axis say so.
 */
export function histogramChart(name: string, now: Histogram, before: Histogram | null): Html | null {
  const bins = binsOf(now);
  const old = before === null ? [] : binsOf(before);
  const all = [...bins, ...old];
  const top = Math.max(...all.map(({ density }) => density));
  const [from, to] = axis(all);
  // One value only has no breadth to be drawn.
  if (bins.length === 0 || !(to > from) || !(top > 0) || !Number.isFinite(top)) return null;
  const x = (value: number) => round(Math.min(1, Math.max(0, (value - from) / (to - from))) * WIDTH);
  const y = (density: number) => round(HEIGHT - 1 - (density / top) * (HEIGHT - 2));
  const bars = bins
    .filter(({ low, high }) => high > from && low < to)
    .map(({ low, high, density }) => {
      const up = density === 0 ? HEIGHT - 1 : Math.min(y(density), HEIGHT - 2);
      return html`<rect x="${x(low)}" y="${up}" width="${Math.max(0.6, round(x(high) - x(low) - 0.6))}" height="${round(HEIGHT - 1 - up)}"/>`;
    });
  const outline =
    old.length === 0
      ? null
      : html`<path class="before" d="M${x(old[0]?.low ?? from)} ${HEIGHT - 1}${old.map(({ high, density }) => `V${y(density)}H${x(high)}`).join('')}V${HEIGHT - 1}"/>`;
  const [least, most] = [Math.min(...all.map(({ low }) => low)), Math.max(...all.map(({ high }) => high))];
  const ends = [
    least < from ? `${formatNumber(least)} … ${formatNumber(from)}` : formatNumber(from),
    most > to ? `${formatNumber(to)} … ${formatNumber(most)}` : formatNumber(to),
  ];
  return html`<svg class="histogram" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="100%" height="${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${describe(name, bins, old)}"><line class="base" x1="0" x2="${WIDTH}" y1="${HEIGHT - 0.5}" y2="${HEIGHT - 0.5}"/>${bars}${outline}</svg><div class="ends" aria-hidden="true">${ends.map((end) => html`<span>${end}</span>`)}</div>`;
}

/** Bins at the ends that hold little and are wide would make all others a line. */
function axis(bins: readonly Bin[]): readonly [number, number] {
  let kept = [...bins].sort((a, b) => a.low - b.low);
  const range = (list: readonly Bin[]) =>
    [Math.min(...list.map(({ low }) => low)), Math.max(...list.map(({ high }) => high))] as const;
  for (;;) {
    const [from, to] = range(kept);
    const width = to - from;
    const thin = ({ low, high, density }: Bin) =>
      (low === from || high === to) && (high - low) / width > 0.3 && density * (high - low) < 0.1;
    const fewer = kept.filter((bin) => !thin(bin));
    if (fewer.length === kept.length || fewer.length < 3) return [from, to];
    kept = fewer;
  }
}

/** Bins that have a breadth; counts outside of the edges have none. */
function binsOf({ edges, counts }: Histogram): Bin[] {
  const inner = counts.slice(1, -1);
  const total = Math.max(
    1,
    counts.reduce((sum, count) => sum + count, 0),
  );
  return inner.flatMap((count, i) => {
    const [low = 0, high = 0] = [edges[i], edges[i + 1]];
    return high > low ? [{ low, high, density: count / total / (high - low) }] : [];
  });
}

function describe(name: string, bins: readonly Bin[], old: readonly Bin[]): string {
  const place = (list: readonly Bin[]) => {
    const densest = list.reduce((best, bin) => (bin.density > best.density ? bin : best));
    return `densest from ${formatNumber(densest.low)} to ${formatNumber(densest.high)}`;
  };
  return `Histogram of ${name}: ${place(bins)}${old.length === 0 ? '' : `; before, ${place(old)}`}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
