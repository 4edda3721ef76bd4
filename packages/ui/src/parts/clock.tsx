import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';

/** Tells the time to the parts. A report has one that stands still, a page one that ticks each second. */
export interface Clock {
  now(): number;
  /** @returns what ends it */
  onTick(listener: () => void): () => void;
}

export function stillClock(at: number): Clock {
  return { now: () => at, onTick: () => () => {} };
}

export const ClockContext = createContext<Clock>(stillClock(0));

/** What `read` makes of the time now; draws again only when that changes. */
export function useClock<T extends string | number>(read: (now: number) => T): T {
  const clock = useContext(ClockContext);
  const [, redraw] = useState(0);
  const value = read(clock.now());
  const latest = useRef({ read, value });
  latest.current = { read, value };
  useEffect(
    () =>
      clock.onTick(() => {
        if (latest.current.read(clock.now()) !== latest.current.value) redraw((count) => count + 1);
      }),
    [clock],
  );
  return value;
}
