import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type RolloutOutcome, taskQueue } from '@sluice/sdk';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { startTemporal } from '../../packages/cli/src/dev/temporal-server.ts';
import { workflowCode } from '../harness/workflow-code.ts';
import type { Starter } from '../harness/workflow-kit.ts';
import { folder, scrubbed, suffix, textOf } from './history-file.ts';
import { activitiesOf, type Scenario, scenarios } from './scenarios.ts';

/**
 * Records the histories of this release on a real Temporal server: `node test/histories/record.ts [NAME…]`, all
 * scenarios without a name. When that is allowed stands in docs/pipelines.md, "Changing a pipeline".
 */

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
});
const identity = 'sluice';

async function main(names: readonly string[]): Promise<void> {
  const wanted = scenarios.filter(({ name }) => names.length === 0 || names.includes(name));
  const unknown = names.filter((name) => !scenarios.some((one) => one.name === name));
  if (unknown.length > 0) throw new Error(`There is no scenario ${unknown.join(', ')}.`);
  const manifest = await readFile(join(folder, '../../packages/workflows/package.json'), 'utf8');
  const release = join(folder, `v${(JSON.parse(manifest) as { version: string }).version}`);
  if (names.length === 0) await rm(release, { recursive: true, force: true });
  await mkdir(release, { recursive: true });
  const { code } = await workflowCode(join(folder, 'entry.ts'));
  const server = await startTemporal({ headless: true });
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  try {
    for (const scenario of wanted) {
      const histories = await play(scenario, { client: new Client({ connection, identity }), native, code });
      for (const [name, { workflowId, events }] of histories) {
        await write(join(release, `${name}${suffix}`), workflowId, events);
      }
    }
  } finally {
    await connection.close();
    await native.close();
    await server.stop();
  }
}

type Histories = Map<string, { readonly workflowId: string; readonly events: Record<string, unknown>[] }>;

/** Runs one scenario with a worker of its own, and returns the histories it leaves. */
async function play(
  scenario: Scenario,
  { client, native, code }: { client: Client; native: NativeConnection; code: string },
): Promise<Histories> {
  const project = scenario.name;
  const queue = taskQueue(project);
  const replies: RolloutOutcome[] = [];
  const worker = await Worker.create({
    connection: native,
    identity,
    taskQueue: queue,
    workflowBundle: { code },
    activities: activitiesOf(scenario, replies)(project, client),
  });
  const kit: Starter = {
    client,
    project,
    queue,
    start: (pipeline, params, { id = '', memo = {} } = {}) =>
      client.workflow.start(pipeline, { taskQueue: queue, workflowId: id, args: [params], memo }),
    close: async () => {},
  };
  const id = `run/${scenario.name}`;
  return worker.runUntil(async () => {
    const played = await scenario.play(kit, id, replies);
    const kept = { ...(played?.terminate === undefined ? { '': id } : {}), ...played?.more };
    const histories: Histories = new Map();
    for (const [part, workflowId] of Object.entries(kept)) {
      const history = await client.workflow.getHandle(workflowId).fetchHistory();
      const { events } = JSON.parse(historyToJSON(history)) as { events: Record<string, unknown>[] };
      histories.set([scenario.name, part].filter(Boolean).join('.'), { workflowId, events: scrubbed(events) });
    }
    if (played?.terminate !== undefined) await client.workflow.getHandle(played.terminate).terminate();
    return histories;
  });
}

async function write(path: string, workflowId: string, events: Record<string, unknown>[]): Promise<void> {
  for (const secret of [hostname(), join(folder, '../..'), 'file://']) {
    if (textOf(events).includes(secret)) throw new Error(`${path} would hold "${secret}", which is of this machine.`);
  }
  const lines = events.map((event) => JSON.stringify(event)).join(',\n');
  await writeFile(path, `{"workflowId":${JSON.stringify(workflowId)},"events":[\n${lines}\n]}\n`);
  console.log(`${path}: ${events.length} events`);
}

await main(process.argv.slice(2));
