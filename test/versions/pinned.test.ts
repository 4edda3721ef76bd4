import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { RunStatus } from '@sluice/sdk';
import { taskQueue } from '@sluice/sdk';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { expect, inject, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../packages/cli/src/config/load-config.ts';
import { plainTarget } from '../../packages/cli/src/run/temporal-target.ts';
import { runWorker } from '../../packages/cli/src/worker/run-worker.ts';
import { copyProject } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

it('a worker with a build id takes the runs that are pinned to its build', async () => {
  const { address } = inject('temporal');
  const root = await copyProject();
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const loaded = await loadConfig({ cwd: root });
  const project = `pinned-${randomBytes(3).toString('hex')}`;
  const named = { ...loaded, config: { ...loaded.config, project, mlflow: false as const } };
  const stop = new AbortController();
  const common = {
    loaded: named,
    target: plainTarget(address, 'default', 'flags', null),
    machine: 'here',
    signal: stop.signal,
  };
  const workers = Promise.all([runWorker({ ...common, buildId: 'build-1' }), runWorker({ ...common, class: 'cpu' })]);
  onTestFinished(async () => {
    stop.abort();
    await workers;
    await connection.close();
    await rm(root, { recursive: true, force: true });
  });
  await waitFor('the build to be current', () =>
    client.workflowService
      .setWorkerDeploymentCurrentVersion({
        namespace: 'default',
        deploymentName: project,
        buildId: 'build-1',
        identity: 'test',
      })
      .then(() => true),
  );
  const run = await client.workflow.start('training', {
    taskQueue: taskQueue(project),
    workflowId: `training/${project}`,
    args: [{ on: 'cpu', trainer: { steps: 3, pace: 1 } }],
  });
  expect(await run.result()).toMatchObject({ kind: 'model' });
  const info = (await run.describe()).raw.workflowExecutionInfo?.versioningInfo;
  expect(info?.deploymentVersion).toMatchObject({ buildId: 'build-1', deploymentName: project });
  expect((await run.query<RunStatus>('status')).state).toBe('done');
});
