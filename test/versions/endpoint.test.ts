import { randomBytes } from 'node:crypto';
import { type Candidate, canary, type EndpointState, taskQueue } from '@sluice/sdk';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { expect, inject, it, onTestFinished } from 'vitest';
import { digestOf, stubActivities } from '../harness/stub-activities.ts';
import { StubTarget } from '../harness/stub-target.ts';
import { waitFor } from '../harness/wait-for.ts';
import { fixtureBundle } from '../harness/workflow-kit.ts';

const version = (name: string): Candidate => ({
  ...{ id: `v-${name}`, digest: digestOf(name), uri: `sluice:tree/${name}`, bytes: 1, registered: null },
});

it('an endpoint that began on one build is answered for by the next, when the first is gone', async () => {
  const { address } = inject('temporal');
  const [connection, native, workflowBundle] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
    fixtureBundle(),
  ]);
  const client = new Client({ connection });
  const project = `builds-${randomBytes(3).toString('hex')}`;
  const queue = taskQueue(project);
  const target = new StubTarget();
  const activities = stubActivities(project, client, target.activities());
  /** A worker of a build, which is made the current one. */
  const build = async (buildId: string) => {
    const worker = await Worker.create({
      ...{ connection: native, taskQueue: queue, workflowBundle, activities, stickyQueueScheduleToStartTimeout: '1s' },
      workerDeploymentOptions: {
        version: { deploymentName: project, buildId },
        useWorkerVersioning: true,
        defaultVersioningBehavior: 'PINNED',
      },
    });
    const running = worker.run();
    await waitFor(`${buildId} to be current`, () =>
      client.workflowService
        .setWorkerDeploymentCurrentVersion({
          ...{ namespace: 'default', deploymentName: project, buildId, identity: 'test' },
        })
        .then(() => true),
    );
    return async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
    };
  };
  const first = await build('build-1');
  const workflowId = `endpoint/${project}`;
  const handle = await client.workflow.start('sluiceEndpoint', {
    ...{ taskQueue: queue, workflowId, args: [{ endpoint: project }] },
  });
  let second = async () => {};
  onTestFinished(async () => {
    await handle.terminate();
    await Promise.all([first(), second()]);
    await Promise.all([connection.close(), native.close()]);
  });
  for (const name of ['a', 'b']) {
    const candidate = version(name);
    await handle.executeUpdate('rollout', {
      args: [
        {
          ...{ id: `run/${name}`, endpoint: project, candidate, onBusy: 'queue', replyTo: 'run', by: 'ana' },
          ...{ spec: canary([50], { hold: 1, bake: 1 }), decidedAt: Date.now() },
        },
      ],
    });
    await waitFor(`${name} to be deployed`, async () => target.outcomes.some(({ id }) => id === `run/${name}`));
  }
  second = await build('build-2');
  await first();
  const answer = await handle.executeUpdate('rollback', { args: [{ id: 'r1', by: 'ana', from: 'v-b' }] });
  expect(answer).toMatchObject({ accepted: true, to: 'v-a' });
  await waitFor('v-a to be stable again', async () => {
    const { mode, stable } = await handle.query<EndpointState>('endpoint');
    return mode === 'steady' && stable?.id === 'v-a';
  });
  const info = (await handle.describe()).raw.workflowExecutionInfo?.versioningInfo;
  expect(info?.deploymentVersion).toMatchObject({ buildId: 'build-2' });
});
