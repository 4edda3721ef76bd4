import { formatAgo, formatDate, formatMs } from '../format.ts';
import { useClock } from './clock.tsx';

/** How long ago, with the date on hover. */
export function Ago({ at }: { at: number }) {
  const text = useClock((now) => formatAgo(at, now));
  return (
    <time dateTime={isoOf(at)} title={formatDate(at)}>
      {text}
    </time>
  );
}

/** From start to end, or until now while there is no end. */
export function Took({ from, to }: { from: number; to: number | null }) {
  const text = useClock((now) =>
    to === null ? formatMs(Math.floor(Math.max(0, now - from) / 1000) * 1000) : formatMs(to - from),
  );
  const title = `${formatDate(from)} – ${to === null ? 'now' : formatDate(to)}`;
  return (
    <span class="num" title={title}>
      {text}
    </span>
  );
}

function isoOf(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}
