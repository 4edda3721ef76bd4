import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { CaptureLine } from '@sluice/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RESPONSE_CAP } from './capture-entry.ts';
import { type TestGateway, testGateway, until } from './testing/gateway.ts';

let gateway: TestGateway;
let base: string;
beforeAll(async () => {
  gateway = await testGateway({ bufferBytes: 100_000, capture: { segmentBytes: 20_000 } });
  await gateway.serve('digits', 'v1');
  await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
  base = `${gateway.host.url}/digits`;
});
afterAll(() => gateway.end());

const captured = (): Promise<CaptureLine[]> => gateway.client.requests('digits');

async function capturedAs(id: string): Promise<CaptureLine> {
  return (await captured()).find((entry) => entry.requestId === id) ?? expect.fail(`${id} was not captured`);
}

/** Everything that lies on the disk. */
async function written(): Promise<string> {
  await captured();
  const dir = join(gateway.stateDir, 'captures', 'digits');
  return (await Promise.all((await readdir(dir)).map((name) => readFile(join(dir, name), 'utf8')))).join('');
}

async function post(
  path: string,
  id: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> {
  const response = await fetch(base + path, {
    method: 'POST',
    body,
    headers: { 'x-sluice-request-id': id, ...headers },
  });
  await response.arrayBuffer();
  return response;
}

test('a request is captured with all it takes to send it again', async () => {
  const started = Date.now();
  const body = '{"text":"Grüße aus 東京 🌊\\u2028"}\n';
  await post('/echo?trace=1', 'unicode', body, {
    'content-type': 'application/json',
    accept: 'application/json',
    'x-sluice-key': 'caller-1',
    authorization: 'Bearer secret',
    cookie: 'session=secret',
  });
  const entry = await capturedAs('unicode');
  expect(entry).toEqual({
    id: expect.stringMatching(/^[0-9a-z]+-[0-9a-z]+$/),
    requestId: 'unicode',
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    endpoint: 'digits',
    method: 'POST',
    path: '/echo?trace=1',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body,
    status: 200,
    responseHeaders: { 'content-type': 'application/json' },
    responseBody: body,
    truncated: false,
    latencyMs: expect.any(Number),
    version: 'v1',
    digest: 'sha256:v1',
  });
  expect(Date.parse(entry.at)).toBeGreaterThanOrEqual(started);
});

test('bodies that are not UTF-8 are kept as base64, byte for byte', async () => {
  const bytes = Uint8Array.from(Array.from({ length: 256 }, (_, i) => i));
  await post('/echo', 'binary', bytes);
  const entry = await capturedAs('binary');
  expect(Buffer.from(entry.bodyBase64 ?? '', 'base64').equals(bytes)).toBe(true);
  expect(Buffer.from(entry.responseBase64 ?? '', 'base64').equals(bytes)).toBe(true);
  expect(entry.body).toBeUndefined();
});

test('an empty body is an empty string', async () => {
  await post('/echo', 'empty', '');
  expect(await capturedAs('empty')).toMatchObject({ body: '', responseBody: '' });
});

test('errors of the model server are captured with their status', async () => {
  await post('/status?code=500', 'error', '{}');
  expect((await capturedAs('error')).status).toBe(500);
});

test('a long answer is cut at 256 KiB and says so', async () => {
  await post(`/big?bytes=${RESPONSE_CAP + 1}`, 'long', '{}');
  const long = await capturedAs('long');
  expect(long.truncated).toBe(true);
  expect(long.responseBody).toHaveLength(RESPONSE_CAP);
  await post(`/big?bytes=${RESPONSE_CAP}`, 'just', '{}');
  expect((await capturedAs('just')).truncated).toBe(false);
});

test('a text that is cut inside a character stays a text', async () => {
  await post(`/big?bytes=${RESPONSE_CAP + 2}&fill=%E2%82%AC`, 'euro', '{}');
  const entry = await capturedAs('euro');
  expect(entry.responseBody).toMatch(/^€+$/);
  expect(Buffer.byteLength(entry.responseBody ?? '')).toBeGreaterThan(RESPONSE_CAP - 4);
});

test('a request larger than the buffer is served and counted, not captured', async () => {
  const before = (await gateway.client.metrics('digits')).capture.skipped;
  expect((await post('/echo', 'huge', 'x'.repeat(200_000))).status).toBe(200);
  expect((await captured()).some((entry) => entry.requestId === 'huge')).toBe(false);
  expect((await gateway.client.metrics('digits')).capture.skipped).toBe(before + 1);
});

test('what nobody answered is not captured', async () => {
  expect((await post('/reset', 'reset', '{}')).status).toBe(502);
  expect((await captured()).some((entry) => entry.requestId === 'reset')).toBe(false);
});

test('segments rotate by size, and since and limit pick from them', async () => {
  const from = Date.now();
  for (let i = 0; i < 40; i += 1) await post('/echo', `rotate-${i}`, 'x'.repeat(1000));
  expect(await gateway.client.requests('digits', { since: from })).toHaveLength(40);
  expect((await readdir(join(gateway.stateDir, 'captures', 'digits'))).length).toBeGreaterThan(3);
  const few = await gateway.client.requests('digits', { limit: 2 });
  expect(few.map((entry) => entry.requestId)).toEqual(['rotate-39', 'rotate-38']);
});

test('each request has an id of its own, whatever its caller calls it', async () => {
  await post('/echo', 'twice', '{"n":1}');
  await post('/echo', 'twice', '{"n":2}');
  const both = (await captured()).filter((entry) => entry.requestId === 'twice');
  expect(both.map((entry) => entry.body).sort()).toEqual(['{"n":1}', '{"n":2}']);
  expect(new Set(both.map((entry) => entry.id)).size).toBe(2);
});

test('a caller cannot hide a request by a header', async () => {
  await post('/echo', 'hidden', '{}', { 'x-sluice-shadow': '1' });
  expect((await capturedAs('hidden')).status).toBe(200);
});

test('credentials reach no disk, with no list at all', async () => {
  const headers = {
    authorization: 'Bearer hush-1',
    cookie: 'sluice-route=hush-2; session=hush-3',
    'x-sluice-key': 'hush-4',
    'x-api-key': 'hush-5',
    'content-type': 'application/json',
  };
  const query = '?api_key=hush-6&access_token=hush-7&X-Amz-Signature=hush-8&code=hush-9&city=Z%C3%BCrich';
  await post(`/echo${query}`, 'secrets', '{"user":{"password":"hush-a","client_secret":"hush-b"},"x":1.0}', headers);
  const form = 'grant=x&password=hush-c';
  await post('/echo', 'form', form, { 'content-type': 'application/x-www-form-urlencoded' });
  expect(await written()).not.toContain('hush');
  expect(await capturedAs('secrets')).toMatchObject({
    path: '/echo?api_key=redacted&access_token=redacted&X-Amz-Signature=redacted&code=redacted&city=Z%C3%BCrich',
    body: '{"user":{"password":"[redacted]","client_secret":"[redacted]"},"x":1.0}',
    responseBody: '{"user":{"password":"[redacted]","client_secret":"[redacted]"},"x":1.0}',
  });
  expect((await capturedAs('form')).body).toBe('grant=x&password=redacted');
});

test('what the endpoint lists is replaced in requests and answers, also in compressed ones', async () => {
  const redact = { json: ['rows.*.name'], query: ['city'], headers: ['accept'] };
  await gateway.client.putEndpoint('digits', { capture: { percent: 100, redact } });
  const body = '{"rows":[{"name":"Ada","age":36},{"name":null}]}';
  const headers = { 'content-type': 'application/json', accept: 'application/vnd.ada+json' };
  await post('/echo?city=Ada', 'listed', body, headers);
  await post('/echo', 'packed', new Uint8Array(gzipSync(body)), { ...headers, 'content-encoding': 'gzip' });
  await gateway.client.putEndpoint('digits', { capture: { percent: 100 } });
  const safe = '{"rows":[{"name":"[redacted]","age":36},{"name":null}]}';
  expect(await capturedAs('listed')).toMatchObject({ path: '/echo?city=redacted', body: safe, responseBody: safe });
  expect((await capturedAs('listed')).headers).toEqual({ 'content-type': 'application/json' });
  expect(await capturedAs('packed')).toMatchObject({ body: safe, headers: { 'content-type': 'application/json' } });
  expect(await written()).not.toMatch(/ada/i);
});

test('a body that must be redacted and cannot be read is left out and counted', async () => {
  const before = (await gateway.client.metrics('digits')).capture.leftOut;
  await gateway.client.putEndpoint('digits', { capture: { percent: 100, redact: { json: ['name'] } } });
  await post('/echo', 'csv', 'name,age\nAda,36\n', { 'content-type': 'text/csv' });
  await post('/echo', 'torn', '{"name":"Ada"', { 'content-type': 'application/json' });
  await post('/echo', 'noise', Uint8Array.of(0xff, 0xfe, 0x41, 0x64, 0x61));
  await gateway.client.putEndpoint('digits', { capture: { percent: 100 } });
  for (const id of ['csv', 'torn', 'noise']) {
    const entry = await capturedAs(id);
    expect(entry).toMatchObject({ bodyLeftOut: true, responseLeftOut: true, status: 200 });
    expect(entry).not.toHaveProperty('body');
  }
  expect(await written()).not.toContain('Ada,');
  expect((await gateway.client.metrics('digits')).capture.leftOut).toBe(before + 3);
});

test('large bodies arrive whole', async () => {
  const text = 'x'.repeat(90_000);
  await post('/echo', 'large', text);
  expect((await capturedAs('large')).body).toBe(text);
});

test('captures reach the disk by themselves, and stay there when the worker is killed', async () => {
  await post('/echo', 'survivor', '{}');
  const dir = join(gateway.stateDir, 'captures', 'digits');
  const onDisk = async () => {
    const texts = await Promise.all((await readdir(dir)).map((name) => readFile(join(dir, name), 'utf8')));
    return texts.some((text) => text.includes('"requestId":"survivor"'));
  };
  await until(onDisk, 'the request to be written');
  const old = gateway.host.workerPid() ?? expect.fail('no worker');
  process.kill(old, 'SIGKILL');
  await until(() => (gateway.host.workerPid() ?? old) !== old, 'the next worker');
  await post('/echo', 'after', '{}');
  expect((await capturedAs('survivor')).id).not.toBe((await capturedAs('after')).id);
});

test('what an endpoint may not keep any longer goes, without another request', async () => {
  await gateway.serve('idle', 'v1');
  await gateway.client.setTraffic('idle', { weights: { v1: 1 } });
  await (await fetch(`${gateway.host.url}/idle/echo`, { method: 'POST', body: '{}' })).text();
  expect(await gateway.client.requests('idle')).toHaveLength(1);
  await gateway.client.putEndpoint('idle', { capture: { percent: 100, keepMs: 1 } });
  await until(async () => (await gateway.client.requests('idle')).length === 0, 'the old captures to go');
  expect((await captured()).length).toBeGreaterThan(0);
});

test('capture is sampled', async () => {
  await gateway.client.putEndpoint('digits', { capture: { percent: 0 } });
  await post('/echo', 'unseen', '{}');
  await gateway.client.putEndpoint('digits', { capture: { percent: 100 } });
  await post('/echo', 'seen', '{}');
  const ids = (await captured()).map((entry) => entry.requestId);
  expect(ids).toContain('seen');
  expect(ids).not.toContain('unseen');
});

test('while captures cannot be written, every request is served and the loss is counted', async () => {
  const dir = join(gateway.stateDir, 'captures', 'digits');
  await rm(dir, { recursive: true });
  await writeFile(dir, 'in the way');
  const before = (await gateway.client.metrics('digits')).capture.dropped;
  for (let i = 0; i < 20; i += 1) expect((await post('/echo', `lost-${i}`, '{}')).status).toBe(200);
  expect(await captured()).toEqual([]);
  expect((await gateway.client.metrics('digits')).capture.dropped).toBe(before + 20);
  await rm(dir);
  await until(async () => {
    await post('/echo', 'again', '{}');
    return (await captured()).length > 0;
  }, 'captures to be written again');
});
