import { chmod, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adminToken } from './admin-token.ts';
import { startGatewayHost } from './host.ts';
import { newStateDir, testGateway } from './testing/gateway.ts';

let stateDir: string;
beforeEach(async () => {
  stateDir = await newStateDir();
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

test('a gateway that was given no token makes one, in a file that only its user can read', async () => {
  const gateway = await testGateway({ stateDir });
  const { tokenFile, adminToken: token, adminUrl } = gateway.host;
  expect(tokenFile).toBe(join(stateDir, 'admin-token'));
  expect((await readFile(tokenFile ?? '', 'utf8')).trim()).toBe(token);
  expect((await stat(tokenFile ?? '')).mode & 0o777).toBe(0o600);
  expect((await fetch(`${adminUrl}/endpoints`)).status).toBe(401);
  expect((await gateway.client.health()).ok).toBe(true);
  await gateway.end();
});

test('the token of a folder stays the same, so that clients outlive a restart', () => {
  const { token } = adminToken(stateDir, '127.0.0.1', undefined);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(adminToken(stateDir, '::1', undefined).token).toBe(token);
});

test('a token that others could have read is replaced', async () => {
  const { token, file } = adminToken(stateDir, 'localhost', undefined);
  await chmod(file ?? '', 0o644);
  const next = adminToken(stateDir, 'localhost', undefined);
  expect(next.token).not.toBe(token);
  expect((await stat(file ?? '')).mode & 0o777).toBe(0o600);
});

test.each(['0.0.0.0', '::', '192.0.2.1', 'model.example'])(
  'listening on %s needs a token that was given',
  async (host) => {
    await expect(startGatewayHost({ stateDir, host })).rejects.toMatchObject({
      code: 'GATEWAY_TOKEN_NEEDED',
      message: `The gateway does not listen on ${host} without a token.`,
      fix: expect.stringContaining('SLUICE_GATEWAY_TOKEN'),
    });
  },
);

test('with a token that was given it listens there, and writes no file', async () => {
  const gateway = await testGateway({ stateDir, host: '0.0.0.0', adminToken: 'ours' });
  expect(gateway.host.tokenFile).toBeNull();
  expect((await gateway.client.health()).ok).toBe(true);
  await gateway.end();
  await expect(startGatewayHost({ stateDir, adminToken: '' })).rejects.toMatchObject({ code: 'GATEWAY_INVALID' });
});
