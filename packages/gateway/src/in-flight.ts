/** Counts what is under way per version, so that one can be stopped when nothing is. */
export class InFlight {
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Map<string, Set<() => void>>();

  count(endpoint: string, version: string): number {
    return this.#counts.get(`${endpoint}/${version}`) ?? 0;
  }

  enter(endpoint: string, version: string): void {
    const key = `${endpoint}/${version}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  leave(endpoint: string, version: string): void {
    const key = `${endpoint}/${version}`;
    const left = (this.#counts.get(key) ?? 1) - 1;
    if (left > 0) {
      this.#counts.set(key, left);
      return;
    }
    this.#counts.delete(key);
    for (const wake of this.#waiting.get(key) ?? []) wake();
    this.#waiting.delete(key);
  }

  /** Resolves when nothing of the version is under way, or when the time is up. */
  async idle(endpoint: string, version: string, timeoutMs: number): Promise<void> {
    const key = `${endpoint}/${version}`;
    if (!this.#counts.has(key)) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      const wake = () => {
        clearTimeout(timer);
        resolve();
      };
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting.add(wake));
    });
  }
}
