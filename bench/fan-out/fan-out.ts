import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { taskQueue } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { ensurePythonEnv } from '../../packages/cli/src/python-env.ts';
import type { Bench, BenchHost } from '../harness/bench.ts';
import { describeMachine, machineLine } from '../harness/machine.ts';
import { inScope, type Scope } from '../harness/scope.ts';
import { round, spreadOf } from '../harness/spread.ts';
import { temporalServer, temporaryProject } from '../harness/stack.ts';
import { table } from '../harness/table.ts';
import { type Histories, historiesOf } from './histories.ts';
import { type Many, manyInOneRun } from './models/many.ts';
import type { fanOut } from './project/pipelines/fan-out.ts';

const CONCURRENCY = 16;
/** A workflow's history ends here, by Temporal's own limits. */
const LIMIT = { events: 51_200, bytes: 50 * 2 ** 20 };

interface Figures {
  readonly keys: number;
  readonly runs: readonly number[];
  /** Median. */
  readonly seconds: number;
  readonly msPerKey: number;
  readonly histories: Histories;
}

export const bench: Bench = {
  summary: 'one run with 200 to 2,000 keys of a no-op step, one with 5,000 models and one with 10,000 keys',
  options:
    '--keys N,N,…   [200,500,1000,2000], or 0     --times N   runs of each [1]     --models N   [5000]     --stubs N   keys of a step that is no process [10000]',
  run: (args, host) => inScope(host.signal, (scope) => measure(args, host, scope)),
};

async function measure(args: readonly string[], host: BenchHost, scope: Scope): Promise<object> {
  const { values: flags } = parseArgs({
    args: [...args],
    options: {
      keys: { type: 'string', default: '200,500,1000,2000' },
      times: { type: 'string', default: '1' },
      models: { type: 'string', default: '5000' },
      stubs: { type: 'string', default: '10000' },
    },
  });
  const sizes = flags.keys.split(',').map(Number).filter(Boolean);
  const machine = describeMachine();
  host.say(machineLine(machine));
  const figures = sizes.length === 0 ? [] : await processes(sizes, Number(flags.times), host, scope);
  if (figures.length > 0) host.say(`\n${tableOf(figures)}`);
  const many = await manyInOneRun({ models: Number(flags.models), keys: Number(flags.stubs) }, scope, host.say);
  if (many.length > 0) host.say(`\n${tableOfMany(many)}`);
  return {
    machine: { ...machine, loadAfter: describeMachine().loadBefore },
    ok: true,
    concurrency: CONCURRENCY,
    figures,
    many,
    limit: LIMIT,
    perKeyLargestToSmallest: growthOf(figures),
  };
}

/** Runs whose steps are processes. */
async function processes(sizes: readonly number[], times: number, host: BenchHost, scope: Scope): Promise<Figures[]> {
  const requirements = join(import.meta.dirname, '../python/metaflow.txt');
  const env = await ensurePythonEnv({ name: 'bench-metaflow', requirements, log: host.say });
  const { server, client } = await temporalServer(scope, host.say);
  const project = await temporaryProject(scope, join(import.meta.dirname, 'project'), server, dirname(env.bin));
  await Promise.all([project.startWorker('control'), project.startWorker('cpu')]);
  const queue = taskQueue(project.loaded.config.project);
  await runOnce(client, queue, 'warm-up', 2 * CONCURRENCY);
  const figures: Figures[] = [];
  for (const keys of sizes) {
    const runs: number[] = [];
    for (let time = 1; time <= times; time++) runs.push(await runOnce(client, queue, `${keys}-${time}`, keys));
    const histories = await historiesOf(client, `fan-out/${keys}-${times}`);
    const { median: seconds } = spreadOf(runs);
    figures.push({
      keys,
      runs: runs.map((one) => round(one)),
      seconds,
      msPerKey: round((seconds / keys) * 1000, 2),
      histories,
    });
    host.say(`${keys} keys: ${seconds.toFixed(1)} s`);
  }
  return figures;
}

/** Runs once, with two keys that fail, and checks that exactly these are named. @returns seconds */
async function runOnce(client: Client, queue: string, id: string, keys: number): Promise<number> {
  const failing = [`key-${Math.floor(keys / 3)}`, `key-${keys - 1}`];
  const started = performance.now();
  const { ok, failed } = await client.workflow.execute<typeof fanOut>('fan-out', {
    taskQueue: queue,
    workflowId: `fan-out/${id}`,
    args: [{ keys, failing, concurrency: CONCURRENCY }],
  });
  const seconds = (performance.now() - started) / 1000;
  if (ok === keys - 2 && failed.join() === failing.join()) return seconds;
  throw new Error(`${keys} keys: ${ok} are done, ${failed.join(', ')} failed; ${failing.join(', ')} should have.`);
}

function tableOf(figures: readonly Figures[]): string {
  const kib = (bytes: number) => `${Math.round(bytes / 1024)}`;
  return table(
    [
      'keys',
      'seconds',
      'ms a key',
      'against the first',
      'children',
      'parent: events',
      'KiB',
      'biggest child: events',
      'KiB',
    ],
    figures.map(({ keys, seconds, msPerKey, histories: { parent, biggestChild, children } }) => [
      `${keys}`,
      seconds.toFixed(2),
      msPerKey.toFixed(1),
      `${(msPerKey / (figures[0]?.msPerKey ?? msPerKey)).toFixed(2)}×`,
      `${children}`,
      `${parent.events}`,
      kib(parent.bytes),
      biggestChild === null ? '' : `${biggestChild.events}`,
      biggestChild === null ? '' : kib(biggestChild.bytes),
    ]),
  );
}

function tableOfMany(many: readonly Many[]): string {
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  return table(
    [
      'run',
      'keys',
      'seconds',
      'ms a key',
      'children',
      'parent: events',
      'MiB',
      'biggest child: events',
      'MiB',
      'stored',
      'MiB',
    ],
    many.map(({ run, keys, seconds, msPerKey, histories: { parent, biggestChild, children }, stored }) => [
      run,
      `${keys}`,
      seconds.toFixed(1),
      msPerKey.toFixed(1),
      `${children}`,
      `${parent.events}`,
      mib(parent.bytes),
      biggestChild === null ? '' : `${biggestChild.events}`,
      biggestChild === null ? '' : mib(biggestChild.bytes),
      `${stored.payloads}`,
      mib(stored.bytes),
    ]),
  );
}

/** 1 is linear growth. */
function growthOf(figures: readonly Figures[]): number | null {
  const [first, last] = [figures[0], figures.at(-1)];
  return first === undefined || last === undefined ? null : round(last.msPerKey / first.msPerKey, 2);
}
