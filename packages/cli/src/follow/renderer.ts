import type { Paint } from './colours.ts';
import type { FollowEvent } from './events.ts';
import { formatTime } from './format.ts';
import { linesOf } from './lines.ts';
import type { Snapshot } from './snapshot.ts';

/** Shows what happens in a run. */
export interface Renderer {
  event(event: FollowEvent): void;
  snapshot(snapshot: Snapshot): void;
  close(): void;
}

/** One JSON object per event and line. */
export function jsonRenderer(write: (text: string) => void): Renderer {
  return { event: (event) => write(`${JSON.stringify(event)}\n`), snapshot: () => {}, close: () => {} };
}

/** Progress of one step is told at most this often, ms; its checkpoints less often still. */
const QUIET = { progress: 5000, 'checkpoint-committed': 60_000 };

/** Plain lines with the time of day, for logs and pipes. */
export function plainRenderer(write: (text: string) => void, paint: Paint): Renderer {
  const told = new Map<string, number>();
  return {
    event: (event) => {
      if (event.type === 'progress' || event.type === 'checkpoint-committed') {
        const key = `${event.type} ${event.step}`;
        const last = told.get(key);
        const end = event.type === 'progress' && event.total !== null && event.done >= event.total;
        if (last !== undefined && event.at - last < QUIET[event.type] && !end) return;
        told.set(key, event.at);
      }
      const time = paint('quiet', formatTime(event.at));
      linesOf(event, paint).forEach((line, index) => {
        write(`${index === 0 ? time : ' '.repeat(8)}  ${line}\n`);
      });
    },
    snapshot: () => {},
    close: () => {},
  };
}
