import { afterAll, beforeAll, expect, it } from 'vitest';
import { mlflowClient } from '../../packages/activities/src/mlflow/client.ts';
import { realMlflow, type Server, START } from './real-server.ts';

let server: Server;
beforeAll(async () => {
  server = await realMlflow();
}, START);
afterAll(() => server?.[Symbol.asyncDispose]());

it('a file is put among the artifacts of a run, where MLflow gives it back; again is written over', async () => {
  const client = mlflowClient({ url: server.url });
  const { experiment_id } = await client.createExperiment({ name: 'reports' });
  const run = await client.createRun({ experiment_id, start_time: Date.now() });
  const file = { name: 'report.html', type: 'text/html; charset=utf-8' };
  await client.putArtifact(run, { ...file, text: '<p>one' });
  await client.putArtifact(run, { ...file, text: '<p>zwei ü' });
  const got = await fetch(`${server.url}/get-artifact?run_uuid=${run.info.run_id}&path=report.html`);
  expect([got.status, await got.text()]).toEqual([200, '<p>zwei ü']);
});
