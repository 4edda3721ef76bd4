import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatewayClient } from './client.ts';
import { freePort } from './free-port.ts';
import { spec, type TestGateway, testGateway } from './testing/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ adminToken: 'secret' });
});
afterAll(() => gateway.end());

function raw(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<{ status: number | undefined; body: unknown }> {
  return new Promise((resolve, reject) => {
    const auth = { authorization: 'Bearer secret' };
    const sent = request(gateway.host.adminUrl + path, { method, headers: { ...auth, ...headers } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
    });
    sent.on('error', reject).end(body);
  });
}

test('health tells the worker and the public URL', async () => {
  expect(await gateway.client.health()).toEqual({
    ok: true,
    worker: { pid: gateway.host.workerPid(), restarts: 0 },
    url: gateway.host.url,
  });
});

test('an endpoint is made once and changed by the fields that are given', async () => {
  expect(await gateway.client.putEndpoint('digits')).toEqual({
    name: 'digits',
    generation: 0,
    versions: [],
    weights: {},
    mirror: null,
    lease: null,
    reverted: null,
    durable: true,
    capture: { percent: 100 },
    deadlineMs: 30_000,
    idleMs: 60_000,
    maxInFlight: 256,
  });
  await gateway.client.putEndpoint('digits', { deadlineMs: 500 });
  expect(await gateway.client.putEndpoint('digits', { capture: { percent: 5 } })).toMatchObject({
    deadlineMs: 500,
    capture: { percent: 5 },
  });
  expect((await gateway.client.endpoints()).map((endpoint) => endpoint.name)).toEqual(['digits']);
});

test.each([
  ['PUT', '/endpoints/digits', '{"deadlineMs":0}', /deadlineMs must be a number from 1/],
  ['PUT', '/endpoints/digits', '{"capture":{"percent":"all"}}', /capture.percent must be a number/],
  ['PUT', '/endpoints/digits', '{"capture":{"redact":{"json":["a..b"]}}}', /"a..b" is no JSON path/],
  ['PUT', '/endpoints/digits', '{"capture":{"redact":{"body":[]}}}', /unknown field "body"/],
  [
    'PUT',
    '/endpoints/digits',
    '{"deadline":5}',
    /unknown field "deadline"; known: capture, deadlineMs, idleMs, maxInFlight/,
  ],
  ['PUT', '/endpoints/digits', '{', /not JSON/],
  ['PUT', '/endpoints/..%2F..%2Fetc', '{}', /cannot name an endpoint/],
  ['PUT', '/endpoints/digits/versions/a%20b', '{}', /cannot name a version/],
  ['PUT', '/endpoints/digits/versions/v1', JSON.stringify({ ...spec(), command: [] }), /command must be a list/],
  [
    'PUT',
    '/endpoints/digits/versions/v1',
    JSON.stringify({ ...spec(), command: 'python x' }),
    /command must be a list/,
  ],
  ['PUT', '/endpoints/digits/versions/v1', JSON.stringify({ ...spec(), cwd: 'relative' }), /absolute path/],
  ['PUT', '/endpoints/digits/versions/v1', JSON.stringify({ ...spec(), env: { A: 1 } }), /env.A must be a string/],
  ['PUT', '/endpoints/digits/traffic', '{}', /weights must be an object/],
  ['GET', '/endpoints/digits/metrics?since=yesterday', '', /since must be a number/],
  ['GET', '/endpoints/digits/requests?limit=all', '', /limit must be a number/],
  ['PUT', '/endpoints/digits', `"${'x'.repeat(2_000_000)}"`, /larger than/],
])('%s %s with a wrong request is 400 and says what is wrong', async (method, path, body, message) => {
  const answer = await raw(method, path, {}, body);
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ error: { code: 'GATEWAY_INVALID', message: expect.stringMatching(message) } });
});

test.each([
  ['GET', '/endpoints/nobody'],
  ['PUT', '/endpoints/nobody/versions/v1'],
  ['PUT', '/endpoints/nobody/traffic'],
  ['GET', '/endpoints/nobody/metrics'],
  ['GET', '/endpoints/nobody/requests'],
  ['GET', '/endpoints/digits/versions/nobody'],
  ['POST', '/endpoints/digits/versions/nobody/ping'],
  ['GET', '/nowhere'],
  ['DELETE', '/endpoints/digits'],
])('%s %s is 404', async (method, path) => {
  const body = path.endsWith('traffic') ? '{"weights":{}}' : JSON.stringify(spec());
  expect(await raw(method, path, {}, method === 'PUT' ? body : '')).toMatchObject({
    status: 404,
    body: { error: { code: 'GATEWAY_NOT_FOUND' } },
  });
});

test('a local process without the token may read nothing and put no command', async () => {
  for (const authorization of ['', 'Bearer', 'Bearer ', 'Bearer wrong', 'secret', 'Basic c2VjcmV0', 'Bearer secret2']) {
    expect((await raw('GET', '/endpoints', { authorization })).status).toBe(401);
    const put = await raw('PUT', '/endpoints/digits/versions/evil', { authorization }, JSON.stringify(spec()));
    expect(put).toMatchObject({ status: 401, body: { error: { code: 'GATEWAY_UNAUTHORIZED' } } });
    expect((await raw('GET', '/healthz', { authorization })).status).toBe(401);
    expect((await raw('POST', '/shutdown', { authorization })).status).toBe(401);
  }
  await expect(gatewayClient(gateway.host.adminUrl).endpoints()).rejects.toMatchObject({
    code: 'GATEWAY_UNAUTHORIZED',
  });
  const { versions } = await gateway.client.putEndpoint('digits');
  expect(versions).toEqual([]);
});

test('web pages cannot call, even with a token', async () => {
  expect((await raw('POST', '/shutdown', { origin: 'http://evil.example' })).status).toBe(403);
});

test('the client says which gateway does not answer', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const client = gatewayClient(url);
  await expect(client.health()).rejects.toMatchObject({
    code: 'GATEWAY_UNREACHABLE',
    message: `The gateway at ${url} does not answer (ECONNREFUSED).`,
    permanent: false,
  });
});

test('a server that is no gateway is told apart', async () => {
  const client = gatewayClient('http://any', { fetch: async () => new Response('<html>', { status: 200 }) });
  await expect(client.health()).rejects.toMatchObject({ code: 'GATEWAY_INTERNAL', message: /not as a gateway does/ });
});

test('metrics of an endpoint without traffic are empty, not missing', async () => {
  const metrics = await gateway.client.metrics('digits', { since: Date.now() - 5000 });
  expect(metrics).toMatchObject({ endpoint: 'digits', versions: {}, shadow: {} });
  expect(metrics.since % 1000).toBe(0);
  expect(metrics.until % 1000).toBe(0);
  expect(metrics.now - metrics.until).toBeLessThan(10_000);
});
