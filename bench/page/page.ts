import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectConverter } from '@sluice/activities/payloads';
import { taskQueue } from '@sluice/sdk';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { resolveConfig } from '../../packages/cli/src/config/resolved-config.ts';
import { openSources } from '../../packages/cli/src/records/sources.ts';
import { connectTo } from '../../packages/cli/src/run/temporal-target.ts';
import { startUiServer } from '../../packages/cli/src/ui/server.ts';
import type { RunView } from '../../packages/ui/src/api.ts';
import { stubActivities } from '../../test/harness/stub-activities.ts';
import { workflowCode } from '../../test/harness/workflow-code.ts';
import type { Bench, BenchHost } from '../harness/bench.ts';
import { describeMachine, machineLine } from '../harness/machine.ts';
import { inScope, type Scope } from '../harness/scope.ts';
import { round, spreadOf } from '../harness/spread.ts';
import { temporalServer, temporaryFolder } from '../harness/stack.ts';
import { table } from '../harness/table.ts';
import { startMany } from './many-runs.ts';

const PROJECT = 'bench-page';
/** What a first look may take on a machine that does nothing else, ms. */
const LIMITS: Readonly<Record<string, number>> = { 'list of runs': 300, 'run, first page': 500 };

export const bench: Bench = {
  summary: 'answers of sluice ui with 2,000 runs, one of which has 2,000 keys',
  options: '--runs N   [2000]     --keys N   [2000]     --times N   questions of each kind [11]',
  run: (args, host) => inScope(host.signal, (scope) => measure(args, host, scope)),
};

async function measure(args: readonly string[], { say }: BenchHost, scope: Scope): Promise<object> {
  const { values: flags } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '2000' },
      keys: { type: 'string', default: '2000' },
      times: { type: 'string', default: '11' },
    },
  });
  const keys = Number(flags.keys);
  const machine = describeMachine();
  say(machineLine(machine));
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { server } = await temporalServer(scope, say);
  const root = await temporaryFolder(scope, 'page');
  const config = resolveConfig({ project: PROJECT, pipelines: [], mlflow: false });
  const client = await served(scope, server.address, root);
  const id = `many-keys/${keys}`;
  await client.workflow.execute('many-keys', {
    taskQueue: taskQueue(PROJECT),
    workflowId: id,
    args: [{ keys, concurrency: 100 }],
  });
  say(`${id} has ended`);
  await startMany(client, Number(flags.runs));
  say(`${flags.runs} runs are under way`);

  const loaded = { root, path: join(root, 'sluice.config.ts'), config };
  const sources = openSources({ loaded, address: server.address });
  const pages = await startUiServer({ sources, port: 0, version: '0' });
  scope.defer(async () => {
    await pages.close();
    await sources.close();
  });
  const run = `/api/run?id=${encodeURIComponent(id)}`;
  const steps = await allSteps(pages.url, run);
  const last = steps.at(-1) ?? '';
  const questions: Readonly<Record<string, string>> = {
    'list of runs': '/api/runs',
    'runs that have a text': '/api/runs?text=page-1999',
    'run, first page': run,
    'run, steps of a part': `${run}&after=1000000`,
    'step in the last part': `/api/step?run=${encodeURIComponent(id)}&step=${encodeURIComponent(last)}`,
  };
  const figures: Record<string, { first: number; median: number; max: number; bytes: number }> = {};
  for (const [what, path] of Object.entries(questions)) {
    const took: number[] = [];
    let bytes = 0;
    for (let time = 0; time < Number(flags.times); time += 1) {
      const began = performance.now();
      bytes = (await asked(pages.url, path)).length;
      took.push(performance.now() - began);
    }
    const { median, max } = spreadOf(took);
    figures[what] = { first: round(took[0] ?? Number.NaN, 1), median: round(median, 1), max: round(max, 1), bytes };
  }
  const rows = Object.entries(figures).map(([what, one]) => [
    what,
    ...[one.first, one.median, one.max, one.bytes, LIMITS[what] ?? ''].map(String),
  ]);
  say(`\n${table(['answer', 'first ms', 'median ms', 'worst ms', 'bytes', 'limit'], rows)}`);
  const ok =
    steps.length === keys + 1 &&
    Object.entries(LIMITS).every(([what, limit]) => (figures[what]?.median ?? 1e9) < limit);
  return { machine: { ...machine, loadAfter: describeMachine().loadBefore }, ok, steps: steps.length, figures };
}

/** A worker whose steps do nothing. */
async function served(scope: Scope, address: string, root: string): Promise<Client> {
  const dataConverter = projectConverter({ root, config: {} });
  const connection = await connectTo({ address });
  const native = await NativeConnection.connect({ address });
  const client = new Client({ connection, dataConverter });
  const worker = await Worker.create({
    connection: native,
    taskQueue: taskQueue(PROJECT),
    dataConverter,
    workflowBundle: await workflowCode(join(import.meta.dirname, '../fan-out/models/entry.ts')),
    activities: stubActivities(PROJECT, client, {}, { notify: false }),
  });
  const serving = worker.run();
  scope.defer(async () => {
    worker.shutdown();
    await serving;
    await Promise.all([connection.close(), native.close()]);
  });
  return client;
}

/** Paths of a run's steps, over all pages. */
async function allSteps(url: string, path: string): Promise<string[]> {
  const steps: string[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const { status } = JSON.parse(await asked(url, `${path}&after=${after}`)) as RunView;
    steps.push(...status.steps.map(({ step }) => step));
    after = status.next ?? null;
  }
  return steps;
}

async function asked(url: string, path: string): Promise<string> {
  const response = await fetch(url + path);
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text;
}
