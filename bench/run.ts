import { describeError } from '@sluice/sdk';
import type { Bench } from './harness/bench.ts';

/**
 * `pnpm bench NAME`: prints a table, and as its last line one JSON object with the figures. `pnpm bench` alone lists
 * the names.
 */

const benches: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  overhead: () => import('./overhead/overhead.ts'),
  checkpoint: () => import('./checkpoint/checkpoint.ts'),
  'fan-out': () => import('./fan-out/fan-out.ts'),
  gateway: () => import('./gateway/gateway.ts'),
  judge: () => import('./judge/judge.ts'),
  store: () => import('./store/store.ts'),
  daily: () => import('./daily/daily.ts'),
  coverage: () => import('./coverage/coverage.ts'),
  verdicts: () => import('./verdicts/verdicts.ts'),
  replay: () => import('./replay/replay.ts'),
  page: () => import('./page/page.ts'),
  metrics: () => import('./metrics/metrics.ts'),
  checks: () => import('./checks/checks.ts'),
  queue: () => import('./queue/queue.ts'),
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === 'help') {
    await list();
    return 0;
  }
  const load = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (load === undefined) {
    console.error(`There is no bench "${name}".`);
    await list();
    return 2;
  }
  const { bench } = await load();
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopping.abort());
  const figures = await bench.run(args, { signal: stopping.signal, say: (line) => console.log(line) });
  console.log(JSON.stringify({ bench: name, ...figures }));
  return 0;
}

async function list(): Promise<void> {
  for (const [name, load] of Object.entries(benches)) {
    const { bench } = await load();
    console.log(`${name.padEnd(12)} ${bench.summary}`);
    if (bench.options !== undefined) console.log(`${' '.repeat(12)} ${bench.options}`);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`\nThe bench did not come through: ${describeError(error)}`);
  process.exit(1); // an interrupted bench may still wait for something
}
