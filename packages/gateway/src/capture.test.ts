import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CapturedRequest } from '@sluice/sdk';
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

async function captured(): Promise<CapturedRequest[]> {
  const { files } = await gateway.client.captures('digits');
  const texts = await Promise.all(files.map((file) => readFile(file.path, 'utf8')));
  return texts.flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as CapturedRequest),
  );
}

/** The id the caller gave it. */
const idOf = ({ headers }: CapturedRequest) => headers['x-sluice-request-id'];

async function capturedAs(id: string): Promise<CapturedRequest> {
  return (await captured()).find((entry) => idOf(entry) === id) ?? expect.fail(`${id} was not captured`);
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
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    endpoint: 'digits',
    method: 'POST',
    path: '/echo?trace=1',
    headers: {
      'x-sluice-request-id': 'unicode',
      'content-type': 'application/json',
      accept: 'application/json',
      'x-sluice-key': 'caller-1',
    },
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
  expect((await captured()).some((entry) => idOf(entry) === 'huge')).toBe(false);
  expect((await gateway.client.metrics('digits')).capture.skipped).toBe(before + 1);
});

test('what nobody answered is not captured', async () => {
  expect((await post('/reset', 'reset', '{}')).status).toBe(502);
  expect((await captured()).some((entry) => idOf(entry) === 'reset')).toBe(false);
});

test('segments rotate by size, and since and limit pick from them', async () => {
  const from = Date.now();
  for (let i = 0; i < 40; i += 1) await post('/echo', `rotate-${i}`, 'x'.repeat(1000));
  const { files, count } = await gateway.client.captures('digits', { since: from });
  expect(count).toBe(40);
  expect(files.length).toBeGreaterThan(3);
  expect(files.map((file) => file.path)).toEqual([...files.map((file) => file.path)].sort());
  const few = await gateway.client.captures('digits', { limit: 1 });
  expect(few.files).toHaveLength(1);
  expect(few.files[0]?.path).toBe(files.at(-1)?.path);
});

test('capture is sampled', async () => {
  await gateway.client.putEndpoint('digits', { capture: { percent: 0 } });
  await post('/echo', 'unseen', '{}');
  await gateway.client.putEndpoint('digits', { capture: { percent: 100 } });
  await post('/echo', 'seen', '{}');
  const ids = (await captured()).map(idOf);
  expect(ids).toContain('seen');
  expect(ids).not.toContain('unseen');
});

test('while captures cannot be written, every request is served and the loss is counted', async () => {
  const dir = join(gateway.stateDir, 'captures', 'digits');
  await rm(dir, { recursive: true });
  await writeFile(dir, 'in the way');
  const before = (await gateway.client.metrics('digits')).capture.dropped;
  for (let i = 0; i < 20; i += 1) expect((await post('/echo', `lost-${i}`, '{}')).status).toBe(200);
  expect(await gateway.client.captures('digits')).toEqual({ files: [], count: 0 });
  expect((await gateway.client.metrics('digits')).capture.dropped).toBe(before + 20);
  await rm(dir);
  await until(async () => {
    await post('/echo', 'again', '{}');
    return (await captured()).length > 0;
  }, 'captures to be written again');
});
