import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { CaptureSettings, ShadowLine } from '@sluice/sdk';
import { redactorOf } from '@sluice/sdk/redact';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answered, RESPONSE_CAP } from './capture-entry.ts';
import { shadowEntry } from './capture-shadow.ts';
import { type TestGateway, testGateway, until } from './testing/gateway.ts';

let gateway: TestGateway;
let dir: string;
beforeAll(async () => {
  gateway = await testGateway({ shadowInFlight: 64, capture: { segmentBytes: 4_000 } });
  dir = join(gateway.stateDir, 'shadows', 'digits');
  await Promise.all([gateway.serve('digits', 'v1'), gateway.serve('digits', 'v2')]);
});
afterAll(() => gateway.end());

const mirror = (keep: boolean) =>
  gateway.client.setTraffic('digits', {
    weights: { v1: 1 },
    mirror: { version: 'v2', percent: 100, ...(keep && { keep: true }) },
  });

/** What the model server answers by `/echo`: predictions, and the rows they are for. */
const body = (more: object = {}) => JSON.stringify({ predictions: [41], dataframe_records: [{ x: 1 }], ...more });

async function ask(id: string, path = '/echo', text = body()): Promise<number> {
  const headers = { 'content-type': 'application/json', 'x-sluice-request-id': id };
  const response = await fetch(`${gateway.host.url}/digits${path}`, { method: 'POST', body: text, headers });
  await response.arrayBuffer();
  return response.status;
}

const kept = () => gateway.client.shadows('digits');

async function keptAs(id: string): Promise<ShadowLine> {
  let line: ShadowLine | undefined;
  await until(async () => {
    line = (await kept()).find(({ requestId }) => requestId === id);
    return line !== undefined;
  }, `the shadow's answer to ${id}`);
  return line ?? expect.fail(id);
}

const configure = (capture: CaptureSettings) => gateway.client.putEndpoint('digits', { capture });

async function killWorker(): Promise<void> {
  const old = gateway.host.workerPid() ?? expect.fail('no worker');
  process.kill(old, 'SIGKILL');
  await until(() => (gateway.host.workerPid() ?? old) !== old, 'the next worker');
}

test('nothing of a shadow is written unless somebody asks for it', async () => {
  await mirror(false);
  expect(await ask('plain')).toBe(200);
  await until(async () => (await gateway.client.requests('digits')).length === 1, 'the capture');
  await until(
    async () => (await gateway.client.metrics('digits')).shadow.v2?.comparison.compared === 1,
    'the comparison',
  );
  expect(await kept()).toEqual([]);
  await expect(readdir(dir)).rejects.toThrow('ENOENT');
});

test('a kept answer is a line with its request, apart from the captured requests', async () => {
  await mirror(true);
  const from = Date.now();
  await ask('first');
  const line = await keptAs('first');
  expect(line).toMatchObject({
    endpoint: 'digits',
    method: 'POST',
    path: '/echo',
    status: 200,
    body: body(),
    responseBody: body(),
    truncated: false,
    version: 'v2',
    digest: 'sha256:v2',
  });
  expect(line).not.toHaveProperty('unkept');
  expect(Date.parse(line.at)).toBeGreaterThanOrEqual(from);
  for (const name of await readdir(dir)) expect((await stat(join(dir, name))).mode & 0o077).toBe(0);
  const captured = (await gateway.client.requests('digits')).filter(({ requestId }) => requestId === 'first');
  expect(captured.map(({ version }) => version)).toEqual(['v1']);
});

test('only true keeps answers, and it is in force after a restart of the worker', async () => {
  const asked = { weights: { v1: 1 }, mirror: { version: 'v2', percent: 100, keep: 'yes' as never } };
  await expect(gateway.client.setTraffic('digits', asked)).rejects.toThrow('mirror.keep must be true');
  await killWorker();
  await ask('restarted');
  await keptAs('restarted');
  expect((await gateway.client.endpoint('digits')).mirror).toEqual({ version: 'v2', percent: 100, keep: true });
});

test('what is redacted in captures is redacted here', async () => {
  await configure({ percent: 100, redact: { json: ['dataframe_records.*.name'] } });
  await ask('private', '/echo?token=hush', body({ password: 'hush', dataframe_records: [{ name: 'hush', x: 1 }] }));
  await configure({ percent: 100 });
  const line = await keptAs('private');
  expect(line.path).toBe('/echo?token=redacted');
  expect(JSON.parse(line.responseBody ?? '').dataframe_records).toEqual([{ name: '[redacted]', x: 1 }]);
  const texts = await Promise.all((await readdir(dir)).map((name) => readFile(join(dir, name), 'utf8')));
  expect(texts.join('')).not.toContain('hush');
});

test('an answer that failed, is too long or is no predictions is counted and not kept', async () => {
  const before = (await gateway.client.metrics('digits')).shadowAnswers;
  await ask('failed', '/status?code=500');
  await ask('long', `/big?bytes=${RESPONSE_CAP + 1}`);
  await ask('other', '/invocations');
  expect(await keptAs('failed')).toMatchObject({ unkept: 'status', status: 500, body: '', responseBody: '' });
  expect(await keptAs('long')).toMatchObject({ unkept: 'size', body: '', responseBody: '' });
  // The rows of this one have no answer, and that is worth knowing.
  expect(await keptAs('other')).toMatchObject({ unkept: 'form', body: body(), responseBody: '' });
  const { written, unkept } = (await gateway.client.metrics('digits')).shadowAnswers;
  expect({ written: written - before.written, unkept: unkept - before.unkept }).toEqual({ written: 3, unkept: 3 });
});

test('an endpoint that captures nothing keeps nothing of its shadow either', async () => {
  await configure({ percent: 0 });
  await ask('unseen');
  await configure({ percent: 100 });
  await ask('seen');
  await keptAs('seen');
  expect((await kept()).map(({ requestId }) => requestId)).not.toContain('unseen');
});

test('half a line of a killed worker is cut off, and what was written before and after it is whole', async () => {
  await ask('before');
  await keptAs('before');
  const newest = (await readdir(dir)).sort().at(-1) ?? expect.fail('no segment');
  await appendFile(join(dir, newest), '{"id":"torn","at":"2026');
  await killWorker();
  await ask('after');
  await keptAs('after');
  const ids = (await kept()).map(({ requestId }) => requestId);
  expect(ids).toEqual(expect.arrayContaining(['before', 'after']));
  const texts = await Promise.all((await readdir(dir)).map((name) => readFile(join(dir, name), 'utf8')));
  expect(texts.join('')).not.toContain('torn');
});

test('what is kept stays below the endpoint’s limit on disk, and the newest stays', async () => {
  await configure({ percent: 100, maxBytes: 12_000 });
  for (let i = 0; i < 40; i += 1) await ask(`many-${i}`, '/echo', body({ padding: 'x'.repeat(500) }));
  await keptAs('many-39');
  await until(async () => {
    const sizes = await Promise.all((await readdir(dir)).map(async (name) => (await readFile(join(dir, name))).length));
    // The segment that is open is on top of what was looked at.
    return sizes.reduce((sum, bytes) => sum + bytes, 0) <= 12_000 + 4_000;
  }, 'the oldest to go');
  await keptAs('many-39');
  await configure({ percent: 100 });
});

test('while answers cannot be written, callers are served and the loss is counted', async () => {
  await rm(dir, { recursive: true });
  await writeFile(dir, 'in the way');
  const before = (await gateway.client.metrics('digits')).shadowAnswers.dropped;
  for (let i = 0; i < 10; i += 1) expect(await ask(`lost-${i}`)).toBe(200);
  await until(
    async () => (await gateway.client.metrics('digits')).shadowAnswers.dropped === before + 10,
    'the loss to be counted',
  );
  await rm(dir);
  await mkdir(dir);
  await until(async () => {
    await ask('again');
    return (await kept()).some(({ requestId }) => requestId === 'again');
  }, 'answers to be written again');
});

describe('an answer', () => {
  const answered = (response: string | Uint8Array, headers: string[] = []): Answered => ({
    requestId: 'r',
    arrivedAt: 0,
    endpoint: 'digits',
    method: 'POST',
    path: '/invocations',
    requestHeaders: [],
    body: [Buffer.from('{"dataframe_records":[{"x":1}]}')],
    status: 200,
    responseHeaders: headers,
    response: [Buffer.from(response)],
    responseBytes: Buffer.from(response).length,
    latencyMs: 1,
    version: 'v2',
    digest: 'sha256:2',
    shadow: true,
  });
  const entryOf = (one: Answered) => shadowEntry(one, 'id', redactorOf(undefined));

  test('that is compressed is kept as text', () => {
    const text = '{"predictions":[1]}';
    const packed = answered(gzipSync(text), ['Content-Encoding', 'gzip', 'Content-Type', 'application/json']);
    const { responseBody, responseHeaders, unkept } = entryOf(packed);
    expect({ responseBody, responseHeaders, unkept }).toEqual({
      responseBody: text,
      responseHeaders: { 'content-type': 'application/json' },
      unkept: undefined,
    });
  });

  test('that is small only while it is compressed is too long', () => {
    const text = JSON.stringify({ predictions: Array(RESPONSE_CAP).fill(0) });
    expect(entryOf(answered(gzipSync(text), ['content-encoding', 'gzip']))).toMatchObject({ unkept: 'size', body: '' });
  });

  test.each([
    ['HTML', '<html>{"predictions": [1]}</html>'],
    ['NaN, which JSON does not have', '{"predictions":[NaN]}'],
    ['a list', '[1, 2]'],
    ['nothing', ''],
    ['one prediction without its list', '{"predictions":1}'],
    ['cut', '{"predictions":[1'],
    ['null', 'null'],
  ])('that is %s is none', (_, text) => {
    expect(entryOf(answered(text))).toMatchObject({ unkept: 'form', responseBody: '' });
  });
});
