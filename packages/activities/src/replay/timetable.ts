import type { Pace } from '@sluice/sdk';
import type { Asked } from './spool.ts';

/** When a request is sent. */
export interface Turn {
  /** Of the request in the plan. */
  readonly place: number;
  readonly asked: Asked;
  /** Milliseconds after the first one. */
  readonly due: number;
}

/**
 * In which order requests are sent and when, at the earliest: with a pace in that of their arrival, else one after
 * another as they lie in the file.
 */
export function timetable(requests: readonly Asked[], pace: Pace | null): Turn[] {
  const turns = requests.map((asked, place) => ({ place, asked, due: 0 }));
  if (pace === null) return turns.sort((a, b) => a.asked.offset - b.asked.offset);
  const ordered = turns.sort((a, b) => a.asked.at - b.asked.at || a.place - b.place);
  const start = ordered[0]?.asked.at ?? 0;
  return ordered.map((turn, i) => ({
    ...turn,
    due: pace === 'original' ? turn.asked.at - start : (1000 * i) / pace.perSecond,
  }));
}
