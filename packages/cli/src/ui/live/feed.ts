import type { Trouble } from '@sluice/ui/api';

/** One thing that many may look at: what it is, and how it is read. */
export interface Watched {
  /** Name of the event that carries it. */
  readonly event: 'run' | 'runs' | 'endpoint';
  look(): Promise<unknown>;
  /** The same text for what is to be taken as unchanged. */
  sameness(view: unknown): string;
  /** Time until the next look, ms, by what was seen and for how long nothing has changed. */
  pace(view: unknown, unchangedMs: number): number;
  troubleOf(error: unknown): Trouble;
}

export type Listener = (event: string, data: string) => void;

/** Waits between looks at what cannot be seen: from the first to the longest, ms. */
const AWAY = { first: 1_000, most: 10_000 } as const;

/**
 * Looks again and again while somebody listens, once for all of them, and tells them what has changed. What cannot be
 * read now is told once as `trouble`; looking goes on.
 */
export class Feed {
  readonly #watched: Watched;
  readonly #listeners = new Set<Listener>();
  /** What a newcomer is told at once. */
  #last: { readonly event: string; readonly data: string } | null = null;
  #same = '';
  #changedAt = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;
  #looking = false;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** @returns how to stop listening */
  join(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1 && !this.#looking) void this.#look();
    else if (this.#last !== null) listener(this.#last.event, this.#last.data);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = null;
      // Whoever comes later is told what is then.
      this.#last = null;
      this.#same = '';
      this.#failures = 0;
    };
  }

  async #look(): Promise<void> {
    this.#looking = true;
    let wait: number;
    try {
      const view = await this.#watched.look();
      const same = this.#watched.sameness(view);
      const now = Date.now();
      if (same !== this.#same) this.#changedAt = now;
      if (same !== this.#same || this.#failures > 0) this.#tell(this.#watched.event, JSON.stringify(view));
      this.#same = same;
      this.#failures = 0;
      wait = this.#watched.pace(view, now - this.#changedAt);
    } catch (error) {
      const data = JSON.stringify(this.#watched.troubleOf(error));
      if (this.#last?.event !== 'trouble' || this.#last.data !== data) this.#tell('trouble', data);
      wait = Math.min(AWAY.most, AWAY.first * 2 ** Math.min(this.#failures, 10));
      this.#failures += 1;
    }
    this.#looking = false;
    if (this.#listeners.size > 0) this.#timer = setTimeout(() => void this.#look(), wait);
  }

  #tell(event: string, data: string): void {
    this.#last = { event, data };
    for (const listener of this.#listeners) listener(event, data);
  }
}
