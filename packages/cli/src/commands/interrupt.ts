const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Aborts on the first Ctrl-C (or SIGTERM, SIGHUP) instead of ending the process; give the signals back by `release`. */
export function onInterrupt(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const name of signals) process.on(name, abort);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, abort);
    },
  };
}
