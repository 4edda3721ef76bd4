/**
 * When leases run out: by the monotonic clock while the host lives, so that a clock that is set cannot end one or
 * keep it, and by the time of day over a restart. A host that was stopped finds its time over when it wakes.
 */
export class LeaseClock {
  readonly #ends = new Map<string, number>();

  /** A lease was given or renewed for `ms` from now. */
  start(endpoint: string, ms: number): void {
    this.#ends.set(endpoint, performance.now() + ms);
  }

  /** A lease of an earlier life of the host, with what is left of it. */
  resume(endpoint: string, { ms, expiresAt }: { ms: number; expiresAt: number }): void {
    this.start(endpoint, Math.min(ms, expiresAt - Date.now()));
  }

  end(endpoint: string): void {
    this.#ends.delete(endpoint);
  }

  /** Endpoints whose lease has run out. */
  due(): string[] {
    const now = performance.now();
    return [...this.#ends].filter(([, end]) => end <= now).map(([endpoint]) => endpoint);
  }
}
