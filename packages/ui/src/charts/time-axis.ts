import { scaleLinear } from 'd3-scale';
import { roughMs } from '../format.ts';

export type Span = readonly [from: number, to: number];

/** Time to percent of the width. Long stretches in which nothing worked are squeezed, so that the rest can be read. */
export interface TimeAxis {
  x(at: number): number;
  /** `label` is the time since the beginning. */
  readonly ticks: readonly { readonly x: number; readonly label: string }[];
  /** What was squeezed. */
  readonly breaks: readonly { readonly x0: number; readonly x1: number; readonly ms: number }[];
}

/** Percent of the width that a squeezed stretch keeps. */
const SQUEEZED = 7;
const MINUTE = 60_000;
const steps = [1, 2, 5, 10, 15, 30].flatMap((n) => [n * 1000, n * MINUTE]);
const longSteps = [1, 2, 3, 6, 12, 24, 48, 96, 168, 336].map((n) => n * 60 * MINUTE);
const tickSteps = [100, 200, 500, ...steps, ...longSteps].sort((a, b) => a - b);

/** @param busy stretches in which something worked, in any order */
export function timeAxis([from, until]: Span, busy: readonly Span[]): TimeAxis {
  const to = Math.max(until, from + 1);
  const gaps = longGaps([from, to], busy);
  const shown = to - from - gaps.reduce((sum, [start, end]) => sum + end - start, 0);
  const room = 100 - SQUEEZED * gaps.length;
  const domain = [from];
  const range = [0];
  const breaks: { x0: number; x1: number; ms: number }[] = [];
  const go = (at: number, width: number) => {
    domain.push(at);
    range.push((range.at(-1) ?? 0) + width);
  };
  for (const [start, end] of gaps) {
    if (start > (domain.at(-1) ?? from)) go(start, (room * (start - (domain.at(-1) ?? from))) / Math.max(1, shown));
    const x0 = range.at(-1) ?? 0;
    go(end, SQUEEZED);
    breaks.push({ x0, x1: x0 + SQUEEZED, ms: end - start });
  }
  if ((domain.at(-1) ?? from) < to) go(to, (room * (to - (domain.at(-1) ?? from))) / Math.max(1, shown));
  const scale = scaleLinear().domain(domain).range(range).clamp(true);
  return { x: scale, ticks: ticksOf(scale, from, to, shown / Math.max(1, room), breaks), breaks };
}

/** Stretches without work that are longer than all work together, the longest three. */
function longGaps([from, to]: Span, busy: readonly Span[]): Span[] {
  const sorted = busy.filter(([start, end]) => end > from && start < to).sort((a, b) => a[0] - b[0]);
  const gaps: Span[] = [];
  let at = from;
  let worked = 0;
  for (const [start, end] of sorted) {
    if (start > at) gaps.push([at, start]);
    worked += Math.max(0, Math.min(end, to) - Math.max(start, at));
    at = Math.max(at, Math.min(end, to));
  }
  if (to > at) gaps.push([at, to]);
  if (worked === 0) return [];
  return gaps
    .filter(([start, end]) => end - start > Math.max(worked, 10_000))
    .sort((a, b) => b[1] - b[0] - (a[1] - a[0]))
    .slice(0, 3)
    .sort((a, b) => a[0] - b[0]);
}

function ticksOf(
  x: (at: number) => number,
  from: number,
  to: number,
  msPerPercent: number,
  breaks: TimeAxis['breaks'],
) {
  const step = tickSteps.find((ms) => ms / msPerPercent >= 14) ?? tickSteps.at(-1) ?? 1000;
  const ticks: { x: number; label: string }[] = [];
  if ((to - from) / step > 10_000) return ticks;
  for (let at = 0; at <= to - from; at += step) {
    const here = x(from + at);
    const squeezed = breaks.some(({ x0, x1 }) => here > x0 - 6 && here < x1 + 1);
    if (squeezed || here > 94 || here - (ticks.at(-1)?.x ?? -100) < 9) continue;
    ticks.push({ x: here, label: at === 0 ? '0' : at < 1000 ? `${at} ms` : exact(at) });
  }
  return ticks;
}

function exact(ms: number): string {
  if (ms % MINUTE === 0 || ms < MINUTE)
    return ms % (60 * MINUTE) === 0 || ms < 60 * MINUTE
      ? roughMs(ms)
      : `${Math.floor(ms / MINUTE / 60)} h ${(ms / MINUTE) % 60} min`;
  return `${Math.floor(ms / MINUTE)} min ${(ms % MINUTE) / 1000} s`;
}
