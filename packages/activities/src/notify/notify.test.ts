import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Notification, StepRef } from '@sluice/sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type NotifyContext, notifyActivity } from './notify.ts';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let base: string;
let received: Received[];
/** Answers that a path gives, in order; 204 when there are none left. */
let answers: Record<string, (number | 'hang-up')[]>;
let pointers: Map<string, string>;

beforeEach(async () => {
  received = [];
  answers = {};
  pointers = new Map();
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const path = request.url ?? '';
    received.push({ path, headers: request.headers, body });
    const answer = answers[path]?.shift() ?? 204;
    if (answer === 'hang-up') return request.socket.destroy();
    response
      .writeHead(answer, answer === 429 ? { 'retry-after': '0' } : {})
      .end(answer >= 400 ? 'no such channel' : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function contextFor(...webhooks: string[]): NotifyContext {
  return {
    config: { notify: webhooks.map((webhook) => ({ webhook })) },
    store: {
      readPointer: async (key) => {
        const value = pointers.get(key);
        return value === undefined ? null : { value, version: '1' };
      },
      swapPointer: async (key, _expected, value) => {
        if (pointers.has(key)) return null;
        pointers.set(key, value);
        return '1';
      },
    },
  };
}

const ref: StepRef = { workflowId: 'p/1', pipeline: 'p', step: 'flight-delays', name: 'flight-delays', keys: {} };
const notification: Notification = {
  event: 'awaiting-approval',
  ...{
    pipeline: 'p',
    run: 'p/1',
    step: 'flight-delays',
    round: 1,
    endpoint: 'flight-delays',
    candidate: 'sha256:aa',
    verdict: 'pass',
  },
  ...{ text: 'flight-delays: Zürich wartet auf 承認 🙂', links: {}, commands: ["sluice approve 'p/1'"] },
  at: '2026-01-01T00:00:00.000Z',
};
const quick = { backoff: 5, timeout: 2_000 };

test('every webhook gets the notification as JSON with its idempotency key', async () => {
  await notifyActivity(contextFor(`${base}/a`, `${base}/b`), quick)({ ref, notification });
  expect(received.map(({ path }) => path).sort()).toEqual(['/a', '/b']);
  for (const { body, headers } of received) {
    expect(JSON.parse(body)).toEqual(notification);
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(headers['x-sluice-event']).toBe('awaiting-approval');
    expect(headers['idempotency-key']).toBe(received[0]?.headers['idempotency-key']);
  }
});

test('an event that is delivered twice is sent once', async () => {
  const tell = notifyActivity(contextFor(`${base}/a`), quick);
  await tell({ ref, notification });
  await tell({ ref, notification: { ...notification, text: 'said in other words', links: { x: 'http://x' } } });
  expect(received).toHaveLength(1);
});

test('a gate that changes its mind eight times is told of nine times', async () => {
  const tell = notifyActivity(contextFor(`${base}/a`), quick);
  for (let second = 1; second <= 9; second += 1) {
    const event = second % 2 === 1 ? 'awaiting-approval' : 'blocked';
    await tell({ ref, notification: { ...notification, event, at: `2026-01-01T00:00:0${second}.000Z` } });
  }
  expect(received).toHaveLength(9);
  expect(new Set(received.map(({ headers }) => headers['idempotency-key'])).size).toBe(9);
});

test('another event, candidate, run or step is another message', async () => {
  const tell = notifyActivity(contextFor(`${base}/a`), quick);
  await tell({ ref, notification });
  await tell({ ref, notification: { ...notification, event: 'blocked' } });
  await tell({ ref, notification: { ...notification, candidate: 'sha256:bb' } });
  await tell({ ref, notification: { ...notification, run: 'p/2' } });
  await tell({ ref: { ...ref, step: 'other' }, notification });
  expect(new Set(received.map(({ headers }) => headers['idempotency-key'])).size).toBe(5);
});

test('a hook that fails for a moment is asked again with the same key', async () => {
  answers['/a'] = ['hang-up', 503, 429];
  await notifyActivity(contextFor(`${base}/a`), quick)({ ref, notification });
  expect(received).toHaveLength(4);
  expect(new Set(received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
});

test('a bad hook does not stop the others, and only it is asked on the next try', async () => {
  answers['/bad'] = Array(4).fill(500);
  const tell = notifyActivity(contextFor(`${base}/bad`, `${base}/good`), quick);
  await expect(tell({ ref, notification })).rejects.toMatchObject({ code: 'Unreachable', permanent: false });
  expect(received.filter(({ path }) => path === '/good')).toHaveLength(1);
  await tell({ ref, notification });
  expect(received.filter(({ path }) => path === '/good')).toHaveLength(1);
  expect(received.filter(({ path }) => path === '/bad')).toHaveLength(5);
});

test('a hook that refuses is not asked again, and its secret address is in no error', async () => {
  answers['/services/T0/SECRET'] = [404];
  const told = notifyActivity(contextFor(`${base}/services/T0/SECRET`), quick)({ ref, notification });
  const error = await told.catch((reason: Error) => reason);
  expect(error).toMatchObject({ code: 'Refused', permanent: true });
  expect(JSON.stringify(error) + String((error as Error).message)).not.toContain('SECRET');
  expect((error as Error).message).toContain('answered 404 (no such channel)');
  expect(received).toHaveLength(1);
});

test('a hook that never answers is given up in time', async () => {
  const deaf = createServer(() => {});
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}/`;
  const tell = notifyActivity(contextFor(url), { backoff: 1, timeout: 50, attempts: 2 });
  await expect(tell({ ref, notification })).rejects.toMatchObject({
    code: 'Unreachable',
    message: expect.stringContaining('did not answer in time'),
  });
  deaf.closeAllConnections();
  await new Promise((resolve) => deaf.close(resolve));
});

test('an address may come from the environment, with a user and password', async () => {
  const env = { HOOK: base.replace('http://', 'http://me:p%20w@') };
  answers['/'] = [500];
  await notifyActivity(contextFor('env:HOOK'), { ...quick, env })({ ref, notification });
  const expected = `Basic ${Buffer.from('me:p w').toString('base64')}`;
  expect(received.map(({ headers }) => headers.authorization)).toEqual([expected, expected]);
});

test('an address that is not set is named as a mistake', async () => {
  const tell = notifyActivity(contextFor('env:NOT_SET', `${base}/a`), { ...quick, env: {} });
  await expect(tell({ ref, notification })).rejects.toMatchObject({
    code: 'Refused',
    message: expect.stringContaining('env:NOT_SET is not set'),
  });
  expect(received).toHaveLength(1);
});

test('without webhooks nothing happens', async () => {
  await notifyActivity({ ...contextFor(), config: {} }, quick)({ ref, notification });
  expect(received).toEqual([]);
  expect(pointers.size).toBe(0);
});
