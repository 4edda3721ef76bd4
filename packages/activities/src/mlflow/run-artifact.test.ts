import { expect, test } from 'vitest';
import { mlflowArtifacts } from './run-artifact.ts';
import type { MlflowRun } from './types.ts';

const run = (uri: string) => ({ info: { run_id: 'r1', artifact_uri: uri } }) as unknown as MlflowRun;
const file = { name: 'report.html', text: '<p>ü', type: 'text/html' };

function stand(status: number, body: string) {
  const asked: { url: string; method: string; authorization: string | null; body: unknown }[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    const authorization = new Headers(init.headers).get('authorization');
    asked.push({ url, method: init.method ?? '', authorization, body: init.body });
    return new Response(body, { status });
  }) as typeof globalThis.fetch;
  return { asked, artifacts: mlflowArtifacts({ url: 'http://ana:pw@mlflow.local/base/', fetch }) };
}

test('a file is put below the run, with the credentials of the server', async () => {
  const { asked, artifacts } = stand(200, '');
  await artifacts.putArtifact(run('mlflow-artifacts:/3/r1/artifacts'), file);
  const path = '/base/api/2.0/mlflow-artifacts/artifacts/3/r1/artifacts/report.html';
  expect(asked).toEqual([
    { url: `http://mlflow.local${path}`, method: 'PUT', authorization: 'Basic YW5hOnB3', body: '<p>ü' },
  ]);
});

test.each([
  ['file:///mlruns/3/r1/artifacts', 200, 'Refused'],
  ['mlflow-artifacts:/3/r1/artifacts', 403, 'Refused'],
  ['mlflow-artifacts:/3/r1/artifacts', 503, 'Unreachable'],
])('what cannot be put is an error with its code: %s, %i', async (uri, status, code) => {
  const { artifacts } = stand(status, '{"error_code":"X","message":"no"}');
  await expect(artifacts.putArtifact(run(uri), file)).rejects.toMatchObject({ code });
});
