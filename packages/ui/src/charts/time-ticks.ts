import { scaleTime } from 'd3-scale';

/** Times at which an axis is labelled, and how: the time of day, with the date where a day begins. */
export function timeTicks(
  [from, to]: readonly [number, number],
  most = 5,
): { ticks: number[]; format: (at: number) => string } {
  const ticks = scaleTime()
    .domain([from, to])
    .ticks(most)
    .map((date) => date.getTime());
  const seconds = to - from < 10 * 60_000;
  const days = to - from > 3 * 86_400_000;
  return {
    ticks,
    format: (at) => {
      const date = new Date(at);
      const time = [date.getHours(), date.getMinutes(), ...(seconds ? [date.getSeconds()] : [])]
        .map((n) => String(n).padStart(2, '0'))
        .join(':');
      const day = `${date.getMonth() + 1}/${date.getDate()}`;
      return days || (date.getHours() === 0 && date.getMinutes() === 0)
        ? time === '00:00'
          ? day
          : `${day} ${time}`
        : time;
    },
  };
}
