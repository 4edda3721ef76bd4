import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { projectConverter } from '@sluice/activities/payloads';
import { type JobInput, type JobOutcome, type Model, taskQueue } from '@sluice/sdk';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { connectTo } from '../../../packages/cli/src/run/temporal-target.ts';
import { modelOf, progress, stubActivities } from '../../../test/harness/stub-activities.ts';
import { workflowCode } from '../../../test/harness/workflow-code.ts';
import type { Scope } from '../../harness/scope.ts';
import { round } from '../../harness/spread.ts';
import { temporalServer, temporaryFolder } from '../../harness/stack.ts';
import { type Histories, historiesOf } from '../histories.ts';

/** Steps under way at once. */
const CONCURRENCY = 100;
/** As many as a model may have. */
const METRICS = Object.fromEntries(
  Array.from({ length: 64 }, (_, index) => [`validation.slice-${index}.rmse`, Math.sqrt(index + 2)]),
);

export interface Many {
  readonly run: string;
  readonly keys: number;
  readonly seconds: number;
  readonly msPerKey: number;
  readonly histories: Histories;
  /** What went to the store instead of into histories. */
  readonly stored: { readonly payloads: number; readonly bytes: number };
}

/**
 * Runs whose size is in their results: models with 64 metrics that are trained, merged, judged and deployed, and keys of one
 * step. Activities do nothing, so that nothing but Temporal and Sluice's workflows is measured.
 *
 * @throws Error where a result is not whole
 */
export async function manyInOneRun(
  sizes: { readonly models: number; readonly keys: number },
  scope: Scope,
  say: (line: string) => void,
): Promise<Many[]> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { server } = await temporalServer(scope, say);
  const root = await temporaryFolder(scope, 'many');
  const dataConverter = projectConverter({ root, config: {} });
  const connection = await connectTo({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  const client = new Client({ connection, dataConverter });
  const project = 'bench-many';
  const worker = await Worker.create({
    connection: native,
    taskQueue: taskQueue(project),
    dataConverter,
    workflowBundle: await workflowCode(join(import.meta.dirname, 'entry.ts')),
    activities: stubActivities(project, client, { train: model, merge: model }, { notify: false }),
  });
  const serving = worker.run();
  scope.defer(async () => {
    worker.shutdown();
    await serving;
    await Promise.all([connection.close(), native.close()]);
  });

  const play = async (run: string, keys: number, whole: object): Promise<Many> => {
    const workflowId = `${run}/${keys}`;
    const before = await storedBelow(root);
    const started = performance.now();
    const args = [{ keys, concurrency: CONCURRENCY }];
    const result: unknown = await client.workflow.execute(run, { taskQueue: taskQueue(project), workflowId, args });
    const seconds = (performance.now() - started) / 1000;
    if (JSON.stringify(result) !== JSON.stringify(whole)) throw new Error(`${run} gave ${JSON.stringify(result)}`);
    const after = await storedBelow(root);
    say(`${run}: ${keys} keys in ${seconds.toFixed(1)} s`);
    return {
      run,
      keys,
      seconds: round(seconds),
      msPerKey: round((seconds / keys) * 1000, 2),
      histories: await historiesOf(client, workflowId),
      stored: { payloads: after.payloads - before.payloads, bytes: after.bytes - before.bytes },
    };
  };

  const { models, keys } = sizes;
  return [
    ...(models > 0 ? [await play('many-models', models, { models, metrics: 64, state: 'deployed' })] : []),
    ...(keys > 0 ? [await play('many-keys', keys, { keys, last: `key=key-${keys - 1}/work` })] : []),
  ];
}

async function model(input: JobInput): Promise<JobOutcome> {
  const result: Model = { ...modelOf(input.ref.step, input.ref.keys), metrics: METRICS };
  return { result, progress: progress(input) };
}

async function storedBelow(root: string): Promise<Many['stored']> {
  const folder = join(root, '.sluice/store/payloads');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.json'));
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))));
  return { payloads: files.length, bytes: sizes.reduce((total, { size }) => total + size, 0) };
}
