import type { Trouble } from '../api.ts';
import { away, isTrouble } from './answer.ts';

export interface LiveListener {
  /** Something new, by the event's name. */
  readonly onEvent: (name: string, value: unknown) => void;
  /** A server is away, since when; null when all answer again. */
  readonly onTrouble: (trouble: Since | null) => void;
}

export interface Since {
  readonly trouble: Trouble;
  /** Epoch ms. */
  readonly since: number;
}

/** Milliseconds before a stream that ended for good is opened again: each time twice as long. */
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15_000;

/**
 * Listens to what is new for as long as somebody looks: a hidden tab holds no connection, because a browser has six of
 * them for all its tabs together.
 *
 * @returns what ends it
 */
export function listenLive(path: string, names: readonly string[], { onEvent, onTrouble }: LiveListener): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_WAIT;
  let trouble: Since | null = null;
  const tell = (said: Trouble | null) => {
    if (said === null && trouble === null) return;
    trouble = said === null ? null : { trouble: said, since: trouble?.since ?? Date.now() };
    onTrouble(trouble);
  };
  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const open = () => {
    close();
    const opened = new EventSource(path);
    source = opened;
    for (const name of names) {
      opened.addEventListener(name, (event: MessageEvent<string>) => {
        wait = FIRST_WAIT;
        tell(null);
        onEvent(name, JSON.parse(event.data));
      });
    }
    opened.addEventListener('trouble', (event: MessageEvent<string>) => {
      const said: unknown = JSON.parse(event.data);
      tell(isTrouble(said) ? said : away);
    });
    opened.addEventListener('error', () => {
      tell(away);
      // Connecting: the browser tries again by itself. Closed: it gave up.
      if (opened.readyState !== EventSource.CLOSED) return;
      close();
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    });
  };
  const look = () => (document.visibilityState === 'hidden' ? close() : source === null && open());
  document.addEventListener('visibilitychange', look);
  look();
  return () => {
    document.removeEventListener('visibilitychange', look);
    close();
  };
}
