import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatewayAccess } from './gateway-access.ts';

let folder: string;
let tokenFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-token-'));
  tokenFile = join(folder, 'admin-token');
  await writeFile(tokenFile, 'of-the-stack\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const stack = () => ({ gateway: { url: 'http://127.0.0.1:1', adminUrl: 'http://127.0.0.1:2', tokenFile, pid: 1 } });
const elsewhere = { SLUICE_GATEWAY_URL: 'http://127.0.0.1:8', SLUICE_GATEWAY_ADMIN_URL: 'http://127.0.0.1:9' };

test('the gateway of a running stack comes with the token of its file', async () => {
  const { url, adminUrl } = stack().gateway;
  expect(await gatewayAccess(stack(), {})).toEqual({ url, adminUrl, token: 'of-the-stack' });
  expect(await gatewayAccess(null, {})).toBeNull();
});

test('another gateway, named by the environment, never hears the token of the stack', async () => {
  const named = { url: 'http://127.0.0.1:8', adminUrl: 'http://127.0.0.1:9' };
  expect(await gatewayAccess(stack(), elsewhere)).toEqual(named);
  expect(await gatewayAccess(null, { ...elsewhere, SLUICE_GATEWAY_TOKEN: 't' })).toEqual({ ...named, token: 't' });
  expect(await gatewayAccess(null, { ...elsewhere, SLUICE_GATEWAY_TOKEN_FILE: tokenFile })).toMatchObject({
    token: 'of-the-stack',
  });
});

test('a token that cannot be read is an error that names its file', async () => {
  const missing = join(folder, 'missing');
  await expect(gatewayAccess(null, { ...elsewhere, SLUICE_GATEWAY_TOKEN_FILE: missing })).rejects.toMatchObject({
    code: 'InvalidConfig',
    where: missing,
  });
});
