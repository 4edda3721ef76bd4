import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { modelServer, spec, type TestGateway, testGateway, until } from './testing/gateway.ts';

const SECRETS = ['TEMPORAL_API_KEY', 'TEMPORAL_TLS_CLIENT_KEY_DATA', 'AZURE_CLIENT_SECRET', 'SLUICE_GATEWAY_TOKEN'];

let gateway: TestGateway;
beforeAll(async () => {
  for (const name of [...SECRETS, 'SHOP_DB']) vi.stubEnv(name, 's3cret');
  gateway = await testGateway();
  await gateway.client.putEndpoint('digits');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await gateway.end();
});

/** A model server that first tells its environment. */
async function environmentOf(id: string, env: Record<string, string>): Promise<string> {
  const path = join(gateway.stateDir, `${id}.env`);
  const command = ['sh', '-c', `env > ${path}; exec "$@"`, 'sh', process.execPath, modelServer];
  await gateway.client.putVersion('digits', id, spec({ command, env }));
  await until(async () => (await gateway.client.version('digits', id)).state === 'ready', `${id} to be ready`);
  return readFile(path, 'utf8');
}

test('a model server gets what it needs to run, and no secret of the gateway or the worker', async () => {
  const env = await environmentOf('v1', { DATABASE: 'env:SHOP_DB', PLAIN: '1' });
  expect(env.match(/^.*s3cret$/gm)).toEqual(['DATABASE=s3cret']);
  expect(env).toContain(`PATH=${process.env.PATH}\n`);
  expect(env).toMatch(/^SLUICE_PORT=\d+$/m);
  expect(env).toMatch(/^PLAIN=1$/m);
});

test('a secret that is named is in no file: the state keeps its name', async () => {
  const state = await readFile(join(gateway.stateDir, 'state.json'), 'utf8');
  expect(state).toContain('"DATABASE": "env:SHOP_DB"');
  expect(state).not.toContain('s3cret');
});

test('a version that names a variable that is not set is given up at once, and says which', async () => {
  await gateway.client.putVersion('digits', 'v2', spec({ env: { KEY: 'env:NOBODY_SET_THIS' } }));
  await until(async () => (await gateway.client.version('digits', 'v2')).state === 'crashed', 'v2 to be given up');
  expect(await gateway.client.version('digits', 'v2')).toMatchObject({
    nextStartAt: null,
    lastError: expect.stringContaining('The environment variable NOBODY_SET_THIS is not set.'),
  });
});
