import { describeError } from '@sluice/sdk';
import type { Soak } from './harness/soak.ts';

/**
 * `pnpm soak NAME`: a long show on real servers. Prints a table, and as its last line one JSON object with `ok` and the
 * figures; ends with 1 when something did not hold. `pnpm soak` alone lists the names.
 */

const soaks: Readonly<Record<string, () => Promise<{ readonly soak: Soak }>>> = {
  edits: () => import('./edits.ts'),
  endpoint: () => import('./endpoint.ts'),
  gateway: () => import('./gateway.ts'),
  ranks: () => import('./ranks.ts'),
  rollback: () => import('./rollback.ts'),
  training: () => import('./training.ts'),
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === 'help') {
    await list();
    return 0;
  }
  const load = Object.hasOwn(soaks, name) ? soaks[name] : undefined;
  if (load === undefined) {
    console.error(`There is no soak "${name}".`);
    await list();
    return 2;
  }
  const { soak } = await load();
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopping.abort());
  const figures = await soak.run(args, { signal: stopping.signal, say: (line) => console.log(line) });
  console.log(JSON.stringify({ soak: name, ...figures }));
  return figures.ok ? 0 : 1;
}

async function list(): Promise<void> {
  for (const [name, load] of Object.entries(soaks)) {
    const { soak } = await load();
    console.log(`${name.padEnd(12)} ${soak.summary}`);
    console.log(`${' '.repeat(12)} ${soak.options}`);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`\nThe soak did not come through: ${describeError(error)}`);
  process.exit(1); // an interrupted soak may still wait for something
}
