import { execFile } from 'node:child_process';
import { readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { collectGarbage, defaultLocalAges, mlflowClient, openStore, temporalRuns } from '@sluice/activities';
import type { Model } from '@sluice/sdk';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { copyProject, type ProjectStack, projectStack } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';
import { checkpointsOf } from '../preemption/stored-checkpoints.ts';

const exec = promisify(execFile);
const sluice = join(import.meta.dirname, '../../packages/cli/src/main.ts');
const dayMs = 24 * 3600_000;
let project: ProjectStack;
beforeAll(async () => {
  project = await projectStack();
});
afterAll(() => project.close());

const store = () => openStore({ kind: 'file', root: '.sluice/store' }, project.root);

/** Lets forty days pass over everything that lies there now. */
async function letDaysPass(): Promise<void> {
  const then = Date.now() / 1000 - 40 * 86_400;
  for (const part of ['store', 'models', 'cache', 'logs']) {
    const folder = join(project.root, '.sluice', part);
    const entries = await readdir(folder, { recursive: true }).catch(() => []);
    for (const entry of entries) await utimes(join(folder, entry), then, then).catch(() => {});
  }
}

/** The runs of the server; those that have ended did so forty days ago. */
function runsThen() {
  const runs = temporalRuns(project.client);
  return {
    ...runs,
    list: async () =>
      (await runs.list()).map((run) => ({
        ...run,
        closedAt: run.closedAt === null ? null : run.closedAt - 40 * dayMs,
      })),
  };
}

async function collect(deletes: boolean) {
  const kinds = await collectGarbage({
    store: store(),
    runs: runsThen(),
    namespace: project.stack.temporal.namespace,
    mlflow: mlflowClient({ url: project.stack.mlflow?.url ?? '' }),
    stateDir: join(project.root, '.sluice'),
    grace: 7 * dayMs,
    payloadAge: 30 * dayMs,
    localAges: defaultLocalAges,
    delete: deletes,
  });
  return (kind: string) => kinds.find((one) => one.kind === kind);
}

async function linesOf(workflowId: string): Promise<number> {
  const start = `checkpoints/${encodeURIComponent(workflowId)}/`;
  let count = 0;
  for await (const { key } of store().pointers()) if (key.startsWith(start)) count += 1;
  return count;
}

it('takes what nobody needs and nothing else, while a job trains that goes on from its checkpoint afterwards', async () => {
  const done = await project.start('training', {
    trainer: { steps: 10, pace: 0, every: 5, bytes: 2000, version: 'done' },
    on: 'cpu',
  });
  const model = (await done.result()) as Model;
  const release = { endpoint: 'shop', trainer: { steps: 5, pace: 0 }, on: 'cpu' };
  await (await project.start('release', release)).result();
  const garbage = await store().putText('nobody asks', 'report');
  expect(await linesOf(done.workflowId)).toBe(1);
  await letDaysPass();

  const trainer = { steps: 6000, pace: 50, every: 5, version: 'running' };
  const running = await project.start('training', { trainer });
  await waitFor('a checkpoint', async () => (await checkpointsOf(project, running)).manifests.length > 0);

  const { stdout } = await exec(process.execPath, [sluice, 'gc', '--json'], { cwd: project.root });
  const said = JSON.parse(stdout);
  expect(said).toMatchObject({ type: 'gc', deleted: false });
  expect(said.kinds.map(({ kind }: { kind: string }) => kind)).toContain('checkpoint lines');
  const dry = await collect(false);
  expect(dry('report artifacts')?.garbage.count).toBeGreaterThan(0);
  expect(await store().verify(garbage, 'digests')).toBeNull();

  const swept = await collect(true);
  expect(await store().verify(garbage, 'sizes')).toContain('not there');
  expect(swept('checkpoint artifacts')?.deleted.count).toBeGreaterThan(0);
  expect(await linesOf(done.workflowId)).toBe(0);
  expect(await linesOf(running.workflowId)).toBe(1);
  expect(await store().verify(model, 'digests')).toBeNull(); // Temporal has its run
  expect((await readdir(join(project.root, '.sluice', 'models'))).length).toBeGreaterThan(0); // served by the gateway

  const before = (await checkpointsOf(project, running)).manifests.at(-1)?.step ?? 0;
  await project.stack.restart('worker spot', 'SIGKILL');
  await (await project.start('release', release)).result(); // puts again what is there, and what went
  await collect(true);
  const { step } = await waitFor('the second attempt to go on', async () => {
    const { manifests } = await checkpointsOf(project, running);
    return manifests.find(({ attempt }) => attempt === 2);
  });
  expect(step).toBeGreaterThan(before); // it did not begin anew
  await project.client.workflow.getHandle(running.workflowId).cancel();
  await expect(running.result()).rejects.toThrow();
});

it('touches nothing where it does not know the registry, whose models no run may name any more', async () => {
  const elsewhere = await copyProject();
  onTestFinished(() => rm(elsewhere, { recursive: true, force: true }));
  const command = [sluice, 'gc', '--delete', '--address', project.stack.temporal.address];
  const ended = await exec(process.execPath, command, { cwd: elsewhere }).catch((error: unknown) => error);
  expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('No MLflow server is known') });
});
