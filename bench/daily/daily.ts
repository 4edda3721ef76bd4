import { spawn } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Client } from '@temporalio/client';
import { startChild } from '../../packages/cli/src/dev/child.ts';
import { readDevFile } from '../../packages/cli/src/dev/dev-file.ts';
import { programPath } from '../../packages/cli/src/dev/node-child.ts';
import { connectClient, plainTarget } from '../../packages/cli/src/run/temporal-target.ts';
import type { Bench, BenchHost } from '../harness/bench.ts';
import { describeMachine, machineLine } from '../harness/machine.ts';
import { inScope, type Scope } from '../harness/scope.ts';
import { round, spreadOf } from '../harness/spread.ts';
import { temporaryFolder } from '../harness/stack.ts';
import { table } from '../harness/table.ts';

/** What a person waits for, and how long at most, seconds. */
const goals = { help: 0.5, list: 0.5, status: 0.5, dev: 10, edit: 5 } as const;
type What = keyof typeof goals;

const names: Readonly<Record<What, string>> = {
  help: 'sluice --help',
  list: 'sluice status: the runs',
  status: 'sluice status RUN',
  dev: 'sluice dev, until it is ready',
  edit: 'a save, until the first job of a new run has begun on what was saved',
};

export const bench: Bench = {
  summary: 'what a person waits for: --help, status, dev until it is ready, an edit until it runs',
  options: '--runs N [7]   --starts N [3]   --no-mlflow',
  run: (args, host) => inScope(host.signal, (scope) => measure(args, host, scope)),
};

async function measure(args: readonly string[], host: BenchHost, scope: Scope): Promise<object> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '7' },
      starts: { type: 'string', default: '3' },
      'no-mlflow': { type: 'boolean', default: false },
    },
  });
  const [runs, starts] = [Number(values.runs), Number(values.starts)];
  // The packages hold JavaScript. Here types are stripped first; kept from the first call on, that costs nothing either.
  const compiled = { NODE_COMPILE_CACHE: await temporaryFolder(scope, 'compiled') };
  const env = { ...process.env, ...compiled, ...(values['no-mlflow'] ? { SLUICE_BENCH_MLFLOW: '0' } : {}) };
  const machine = describeMachine();
  host.say(machineLine(machine));
  const root = join(await temporaryFolder(scope, 'daily'), 'project');
  await cp(join(import.meta.dirname, 'project'), root, { recursive: true });
  const seconds: Record<What, number[]> = { help: [], list: [], status: [], dev: [], edit: [] };
  const sluice = (...words: string[]) => called(root, env, words);

  await (await dev(scope, root, env)).stop(); // the first start fills caches and databases
  let stack = await dev(scope, root, env);
  for (seconds.dev.push(stack.seconds); seconds.dev.length < starts; seconds.dev.push(stack.seconds)) {
    await stack.stop();
    stack = await dev(scope, root, env);
  }
  const found = await readDevFile(root);
  if (!found?.temporal) throw new Error('the stack has written no file');
  const { client, close } = await connectClient(plainTarget(found.temporal.address, 'default', 'flags', null));
  scope.defer(() => (scope.signal.aborted ? undefined : close()));
  for (let edit = 0; edit <= runs; edit++) {
    const saved = Date.now();
    await writeFile(join(root, 'edit.ts'), `export const edit = ${saved};\n`);
    await sluice('run', 'daily', '--key', `edit-${edit}`);
    const took = (await firstJob(client, `daily/edit-${edit}`)) - saved;
    if (edit > 0) seconds.edit.push(took / 1000); // the first one is not warm
  }
  for (let run = 0; run <= runs; run++) {
    const took = {
      help: await sluice('--help'),
      list: await sluice('status'),
      status: await sluice('status', 'daily/edit-1'),
    };
    if (run > 0) for (const what of ['help', 'list', 'status'] as const) seconds[what].push(took[what]);
  }
  await stack.stop();
  const spreads = Object.fromEntries(Object.entries(seconds).map(([what, all]) => [what, spreadOf(all)]));
  const rows = (Object.keys(goals) as What[]).map((what) => {
    const { median = Number.NaN, min = 0, max = 0 } = spreads[what] ?? {};
    return [names[what], `${round(median, 2)}`, `${round(min, 2)} to ${round(max, 2)}`, `${goals[what]}`];
  });
  host.say(table(['seconds', 'median', 'from to', 'goal'], rows));
  const ok = (Object.keys(goals) as What[]).every((what) => (spreads[what]?.median ?? Number.NaN) <= goals[what]);
  return { ok, seconds: spreads, goals, machine, loadAfter: describeMachine().loadBefore };
}

/** Calls a command. @returns how long it took, s. @throws Error when it fails */
function called(root: string, env: NodeJS.ProcessEnv, words: readonly string[]): Promise<number> {
  const began = performance.now();
  return new Promise((done, failed) => {
    const args = ['--disable-warning=ExperimentalWarning', programPath('main'), ...words];
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', failed);
    child.once('exit', (code) => {
      if (code === 0) done((performance.now() - began) / 1000);
      else failed(new Error(`sluice ${words.join(' ')} ended with exit code ${code}`));
    });
  });
}

/** Starts `sluice dev` and waits until it says that it is ready. */
async function dev(scope: Scope, root: string, env: NodeJS.ProcessEnv) {
  const began = performance.now();
  const log = join(root, '..', `dev-${Math.round(began)}.log`);
  const args = ['--disable-warning=ExperimentalWarning', programPath('main'), 'dev', '--json'];
  const child = await startChild({ command: process.execPath, args, cwd: root, env, log });
  const stop = () => child.stop(15_000);
  scope.defer(stop);
  for (;;) {
    const text = await readFile(log, 'utf8');
    if (text.includes('"type":"ready"')) return { seconds: (performance.now() - began) / 1000, stop };
    if (child.exit !== null) throw new Error(`sluice dev ended:\n${text.slice(-2000)}`);
    await delay(20);
  }
}

/** When a worker began with the first job of a run, epoch ms. */
async function firstJob(client: Client, workflowId: string): Promise<number> {
  for (;;) {
    const { events = [] } = await client.workflow.getHandle(workflowId).fetchHistory();
    const job = events?.find((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'step');
    const begun = events?.find(
      (event) => `${event.activityTaskStartedEventAttributes?.scheduledEventId}` === `${job?.eventId}`,
    );
    const { seconds, nanos } = begun?.eventTime ?? {};
    if (job !== undefined && seconds) return Number(seconds) * 1000 + (nanos ?? 0) / 1e6;
    await delay(50);
  }
}
