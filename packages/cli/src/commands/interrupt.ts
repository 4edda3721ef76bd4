const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Resolves, to null, when the signal fires. */
  readonly aborted: Promise<null>;
  release(): void;
}

/** Aborts on the first Ctrl-C (or SIGTERM, SIGHUP) instead of ending the process; give the signals back by `release`. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const name of signals) process.on(name, abort);
  return {
    signal: controller.signal,
    aborted: new Promise((done) => {
      controller.signal.addEventListener('abort', () => done(null));
    }),
    release: () => {
      for (const name of signals) process.off(name, abort);
    },
  };
}
