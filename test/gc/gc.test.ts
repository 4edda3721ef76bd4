import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { collectGarbage, defaultLocalAges, hexOf, mlflowClient, openStore, temporalRuns } from '@sluice/activities';
import type { Model } from '@sluice/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ProjectStack, projectStack } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';

const dayMs = 24 * 3600_000;
let project: ProjectStack;
beforeAll(async () => {
  project = await projectStack();
});
afterAll(() => project.close());

const store = () => openStore({ kind: 'file', root: '.sluice/store' }, project.root);

/** As it would be in so many days: all that was put so far is old then. */
async function collectIn(days: number, deletes: boolean) {
  const kinds = await collectGarbage({
    store: store(),
    runs: temporalRuns(project.client),
    mlflow: mlflowClient({ url: project.stack.mlflow?.url ?? '' }),
    stateDir: join(project.root, '.sluice'),
    grace: 7 * dayMs,
    payloadAge: 30 * dayMs,
    localAges: defaultLocalAges,
    delete: deletes,
    now: Date.now() + days * dayMs,
  });
  return (kind: string) => kinds.find((one) => one.kind === kind);
}

const linesOf = async (workflowId: string): Promise<number> => {
  const start = `checkpoints/${encodeURIComponent(workflowId)}/`;
  let count = 0;
  for await (const { key } of store().pointers()) if (key.startsWith(start)) count += 1;
  return count;
};

it('takes what nobody needs and nothing else, while a job trains that goes on from its checkpoint afterwards', async () => {
  const done = await project.start('training', { trainer: { steps: 10, pace: 0, version: 'done' }, on: 'cpu' });
  const model = (await done.result()) as Model;
  const release = await project.start('release', { endpoint: 'shop', trainer: { steps: 5, pace: 0 }, on: 'cpu' });
  await release.result();
  const garbage = await store().putText('nobody asks', 'report');
  const running = await project.start('training', { trainer: { steps: 400, pace: 50, every: 5, version: 'running' } });
  await waitFor(
    'a checkpoint of the running job',
    async () => (await running.status()).steps[0]?.attempts.at(-1)?.checkpoint,
  );

  const dry = await collectIn(30, false);
  expect(dry('report artifacts')?.garbage.count).toBeGreaterThan(0);
  expect(await store().verify(garbage, 'digests')).toBeNull();

  const swept = await collectIn(30, true);
  expect(await store().verify(garbage, 'sizes')).toContain('not there');
  expect(swept('checkpoint artifacts')?.deleted.count).toBeGreaterThan(0);
  console.error(
    'DEBUG',
    JSON.stringify(await temporalRuns(project.client).list()),
    running.workflowId,
    JSON.stringify(swept('checkpoint lines')),
  );
  for await (const one of store().pointers())
    console.error('DEBUG', one.key, one.version, new Date(one.changedAt).toISOString());
  console.error('DEBUG', JSON.stringify((await running.status()).steps));
  expect(await linesOf(done.workflowId)).toBe(0);
  expect(await linesOf(running.workflowId)).toBe(1);
  expect(await store().verify(model, 'digests')).toBeNull(); // Temporal has its run
  const served = await readdir(join(project.root, '.sluice', 'models'));
  expect(served).not.toContain(hexOf(model.digest)); // served nowhere
  expect(served.length).toBeGreaterThan(0);

  await project.stack.restart('worker spot', 'SIGKILL');
  const again = await project.start('release', { endpoint: 'shop', trainer: { steps: 5, pace: 0 }, on: 'cpu' });
  await again.result();
  await collectIn(60, true);
  expect(((await running.result()) as Model).digest).toMatch(/^sha256:/);
  const [, second] = (await running.status()).steps[0]?.attempts ?? [];
  expect(second?.resumedFrom).toBeGreaterThan(0);
});
