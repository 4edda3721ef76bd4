import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settledMetrics, type TestGateway, testGateway } from './testing/gateway.ts';

let gateway: TestGateway;
let base: string;
beforeAll(async () => {
  gateway = await testGateway();
  await gateway.serve('digits', 'v1');
  await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
  base = `${gateway.host.url}/digits`;
});
afterAll(() => gateway.end());

/** Sends a request by Node's own client, which tells more than `fetch`. */
async function send(
  path: string,
  options: RequestOptions = {},
  body: (sent: ClientRequest) => void = (sent) => sent.end(),
): Promise<IncomingMessage & { text: string }> {
  const sent = request(base + path, { agent: false, ...options });
  body(sent);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += chunk;
  return Object.assign(response, { text });
}

test('a server that switches protocols unasked is an error, not a request that hangs', async () => {
  const { statusCode, text } = await send('/switch');
  expect([statusCode, JSON.parse(text).error.code]).toEqual([502, 'MODEL_RESET']);
});

test('a web socket is refused in words; another protocol that is only offered is no reason to refuse', async () => {
  const headers = { connection: 'Upgrade', 'sec-websocket-key': 'eHl6', 'sec-websocket-version': '13' };
  const { statusCode, text } = await send('/invocations', { headers: { ...headers, upgrade: 'websocket' } });
  expect([statusCode, JSON.parse(text).error.code]).toEqual([501, 'UPGRADE_NOT_SUPPORTED']);
  expect((await send('/invocations', { headers: { connection: 'Upgrade', upgrade: 'h2c' } })).statusCode).toBe(200);
});

test('early hints reach the caller before the answer', async () => {
  const hints: Record<string, unknown>[] = [];
  const { text } = await send('/hints', {}, (sent) => {
    sent.on('information', ({ statusCode, headers }) => hints.push({ statusCode, ...headers }));
    sent.end();
  });
  expect(hints).toEqual([{ statusCode: 103, link: '</style.css>; rel=preload', 'x-hint': 'yes' }]);
  expect(text).toBe('late');
});

test('a caller that waits for 100 Continue is told by the model server, and refused by it before it sends', async () => {
  const headers = { expect: '100-continue', 'content-length': '5' };
  const heard: string[] = [];
  const taken = await send('/echo', { method: 'POST', headers }, (sent) => {
    sent.on('continue', () => {
      heard.push('continue');
      sent.end('hello');
    });
    sent.flushHeaders();
  });
  expect([taken.statusCode, taken.text, heard]).toEqual([200, 'hello', ['continue']]);
  const refused = await send('/picky', { method: 'POST', headers }, (sent) => {
    sent.on('continue', () => heard.push('refused'));
    sent.on('error', () => undefined);
    sent.flushHeaders();
  });
  expect([refused.statusCode, refused.headers.connection, heard]).toEqual([413, 'close', ['continue']]);
  const nowhere = await send('/../nobody/x', { method: 'POST', headers }, (sent) => {
    sent.on('error', () => undefined);
    sent.flushHeaders();
  });
  expect(nowhere.headers.connection).toBe('close');
});

test('trailers come through, both ways', async () => {
  const headers = { 'transfer-encoding': 'chunked', te: 'trailers' };
  const { text, trailers } = await send('/trailers', { method: 'POST', headers }, (sent) => {
    sent.write('abc');
    sent.addTrailers({ 'x-caller': 'me' });
    sent.end();
  });
  expect([text, trailers]).toEqual(['abc', { 'x-sum': '3 me' }]);
});

test('the model server learns who asked, behind those it was asked for by', async () => {
  const { host } = new URL(base);
  const direct = JSON.parse((await send('/headers')).text);
  expect(direct).toMatchObject({
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': host,
  });
  const headers = { 'x-forwarded-for': '10.0.0.7', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.example' };
  expect(JSON.parse((await send('/headers', { headers })).text)).toMatchObject({
    'x-forwarded-for': '10.0.0.7, 127.0.0.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'shop.example',
  });
});

test('no more requests of a version are under way than may be', async () => {
  await gateway.serve('narrow', 'v1');
  await gateway.client.putEndpoint('narrow', { maxInFlight: 3 });
  await gateway.client.setTraffic('narrow', { weights: { v1: 1 } });
  const answers = await Promise.all(Array.from({ length: 5 }, () => fetch(`${gateway.host.url}/narrow/slow?ms=3000`)));
  const refused = answers.filter(({ status }) => status === 503);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  expect(refused.map(({ headers }) => headers.get('retry-after'))).toEqual(['1', '1']);
  expect(await refused[0]?.json()).toMatchObject({ error: { code: 'OVERLOADED' } });
  expect((await settledMetrics(gateway.client, 'narrow')).versions.v1).toMatchObject({ requests: 5, errors: 2 });
});

test('a caller can neither hide a request as a copy nor have it taken for another', async () => {
  await gateway.serve('open', 'v1');
  await gateway.client.setTraffic('open', { weights: { v1: 1 } });
  const headers = { 'x-sluice-shadow': '1', 'x-sluice-request-id': 'always-the-same' };
  for (let i = 0; i < 3; i += 1) {
    const response = await fetch(`${gateway.host.url}/open/echo`, { method: 'POST', body: `${i}`, headers });
    expect(response.headers.get('x-sluice-request-id')).toBe('always-the-same');
    await response.text();
  }
  expect((await settledMetrics(gateway.client, 'open')).versions.v1?.requests).toBe(3);
  const captured = await gateway.client.requests('open');
  expect(new Set(captured.map(({ id }) => id)).size).toBe(3);
  expect(captured.filter((one) => 'x-sluice-shadow' in one.headers)).toEqual([]);
});

test('a caller is counted under a bucket of its own, and none under what it sent', async () => {
  await gateway.serve('callers', 'v1');
  await gateway.client.setTraffic('callers', { weights: { v1: 1 } });
  const call = (key: string, code: number) =>
    fetch(`${gateway.host.url}/callers/status?code=${code}`, { headers: { 'x-sluice-key': key } });
  for (const code of [200, 404, 500]) await call('alice', code);
  await call('bob', 200);
  await fetch(`${gateway.host.url}/callers/status?code=200`);
  const { versions } = await settledMetrics(gateway.client, 'callers');
  expect(versions.v1?.requests).toBe(5);
  expect(Object.values(versions.v1?.callers ?? {})).toEqual(
    expect.arrayContaining([
      { requests: 3, errors: 1, refused: 1, aborted: 0 },
      { requests: 1, errors: 0, refused: 0, aborted: 0 },
    ]),
  );
  expect(JSON.stringify(versions)).not.toContain('alice');
});
