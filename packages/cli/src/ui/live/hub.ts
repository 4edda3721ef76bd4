import { Feed, type Listener, type Watched } from './feed.ts';

/** The feeds that somebody listens to, by what they are of. */
export class Hub {
  readonly #feeds = new Map<string, Feed>();

  /** @returns how to stop listening */
  join(key: string, watched: () => Watched, listener: Listener): () => void {
    let feed = this.#feeds.get(key);
    if (feed === undefined) {
      feed = new Feed(watched());
      this.#feeds.set(key, feed);
    }
    const mine = feed;
    const leave = mine.join(listener);
    return () => {
      leave();
      if (mine.listeners === 0 && this.#feeds.get(key) === mine) this.#feeds.delete(key);
    };
  }

  get size(): number {
    return this.#feeds.size;
  }
}
