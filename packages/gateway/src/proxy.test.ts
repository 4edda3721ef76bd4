import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settledMetrics, type TestGateway, testGateway, until } from './testing/gateway.ts';

let gateway: TestGateway;
let base: string;
beforeAll(async () => {
  gateway = await testGateway({ bufferBytes: 1024 * 1024 });
  await gateway.serve('digits', 'v1');
  await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
  base = `${gateway.host.url}/digits`;
});
afterAll(() => gateway.end());

const metrics = async () => {
  const { versions } = await settledMetrics(gateway.client, 'digits');
  return versions.v1 ?? expect.fail('no metrics');
};

async function codeOf(path: string): Promise<[number, string]> {
  const response = await fetch(base + path);
  const { error } = (await response.json()) as { error: { code: string } };
  return [response.status, error.code];
}

test('an answer comes through with the version and the id of the request', async () => {
  const response = await fetch(`${base}/echo`, {
    method: 'POST',
    body: 'Grüße 🌊',
    headers: { 'x-sluice-request-id': 'order-17' },
  });
  expect(await response.text()).toBe('Grüße 🌊');
  expect(response.headers.get('x-sluice-version')).toBe('v1');
  expect(response.headers.get('x-sluice-request-id')).toBe('order-17');
});

test('the model server sees path, query and headers of the caller, and none of the connection', async () => {
  const response = await fetch(`${base}/headers?a=1&b=%20`, { headers: { 'x-custom': 'yes', 'x-sluice-shadow': '1' } });
  const seen = (await response.json()) as Record<string, string>;
  expect(seen).toMatchObject({ 'x-custom': 'yes', 'x-sluice-version': 'v1' });
  expect(seen['x-sluice-shadow']).toBeUndefined();
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
});

test('a body larger than the buffer is streamed whole, both ways', async () => {
  const body = Buffer.alloc(5 * 1024 * 1024, 'ab');
  const response = await fetch(`${base}/echo`, { method: 'POST', body });
  expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
});

test('a chunked body without a length comes through', async () => {
  const parts = ['eins ', 'zwei ', 'drei'];
  const stream = new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
  const response = await fetch(`${base}/echo`, { method: 'POST', body: stream, duplex: 'half' } as RequestInit);
  expect(await response.text()).toBe('eins zwei drei');
});

test('the first part of a streamed answer arrives before the last is sent', async () => {
  const response = await fetch(`${base}/stream`);
  const reader = response.body?.getReader() ?? expect.fail('no body');
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('first');
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('second');
});

test('HEAD, empty bodies and statuses without a body come through', async () => {
  expect((await fetch(`${base}/big?bytes=10`, { method: 'HEAD' })).headers.get('content-length')).toBe('10');
  expect((await fetch(`${base}/status?code=204`)).status).toBe(204);
  expect(await (await fetch(`${base}/invocations`, { method: 'POST' })).json()).toMatchObject({ bytes: 0 });
});

test('a server that answers before it has read the body is heard', async () => {
  const response = await fetch(`${base}/early`, { method: 'POST', body: 'x' });
  expect([response.status, await response.text()]).toEqual([413, 'too much']);
});

test('a reset is 502 and counts as a transport error, a late answer is 504 and counts as a deadline', async () => {
  const before = await metrics();
  expect(await codeOf('/reset')).toEqual([502, 'MODEL_RESET']);
  await gateway.client.putEndpoint('digits', { deadlineMs: 100 });
  expect(await codeOf('/hang')).toEqual([504, 'DEADLINE_EXCEEDED']);
  await gateway.client.putEndpoint('digits', { deadlineMs: 30_000 });
  const after = await metrics();
  expect(after.transport - before.transport).toBe(1);
  expect(after.deadline - before.deadline).toBe(1);
  expect(after.errors - before.errors).toBe(2);
  expect(after.firstErrorAt).toBeGreaterThan(Date.now() - 60_000);
});

test('an answer that breaks off in the middle breaks off for the caller, too', async () => {
  const before = await metrics();
  const response = await fetch(`${base}/broken`);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
  expect((await metrics()).transport - before.transport).toBe(1);
});

test("5xx counts as the version's error, 4xx does not", async () => {
  const before = await metrics();
  for (const code of [400, 404, 500, 503]) expect((await fetch(`${base}/status?code=${code}`)).status).toBe(code);
  const after = await metrics();
  expect(after.errors - before.errors).toBe(2);
  expect((after.byStatus['4xx'] ?? 0) - (before.byStatus['4xx'] ?? 0)).toBe(2);
  expect(after.requests - before.requests).toBe(4);
});

test('a caller that goes away is nobody’s error', async () => {
  const before = await metrics();
  const sent = request(`${base}/hang/aborted`);
  sent.on('error', () => undefined).end();
  await until(
    async () => (await gateway.client.version('digits', 'v1')).logTail.includes('got /hang/aborted'),
    'the request',
  );
  sent.destroy();
  await until(async () => (await metrics()).aborted === before.aborted + 1, 'the abort to be counted');
  expect((await metrics()).errors).toBe(before.errors);
});

test('an upload that never ends is 408, and not the version’s error', async () => {
  await gateway.client.putEndpoint('digits', { deadlineMs: 100 });
  const before = await metrics();
  const status = await new Promise((resolve, reject) => {
    const upload = request(`${base}/echo`, { method: 'POST' }, (response) => resolve(response.statusCode));
    upload.on('error', reject);
    upload.write('begun');
  });
  await gateway.client.putEndpoint('digits', { deadlineMs: 30_000 });
  expect(status).toBe(408);
  expect((await metrics()).errors).toBe(before.errors);
});

test('requests pipelined on one connection are answered in order', async () => {
  const text = await new Promise<string>((resolve) => {
    const { port } = new URL(base);
    const socket = connect(Number(port), '127.0.0.1', () => {
      const ask = (path: string, connection: string) =>
        `GET /digits${path} HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\n\r\n`;
      socket.write(ask('/slow?ms=50', 'keep-alive') + ask('/big?bytes=3', 'close'));
    });
    let seen = '';
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
    });
    socket.on('end', () => resolve(seen));
  });
  expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(2);
  expect(text.indexOf('v1')).toBeLessThan(text.indexOf('xxx'));
});

test('a connection is kept for the next request, also after a refusal', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  for (const path of ['/digits/big?bytes=1', '/nothing/x', '/digits/reset', '/digits/big?bytes=1']) {
    await new Promise<void>((resolve, reject) => {
      const sent = request(gateway.host.url + path, { agent, method: 'POST' }, (response) => {
        ports.add(response.socket.localPort);
        response.resume().on('end', resolve);
      });
      sent.on('error', reject).end('body');
    });
  }
  agent.destroy();
  expect(ports.size).toBe(1);
});

test('garbage on the socket is 400', async () => {
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
    socket.on('data', (chunk: Buffer) => resolve(chunk.toString()));
  });
  expect(answer).toMatch(/^HTTP\/1.1 400/);
});
