import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { DelayRequest } from './requests.ts';
import { sendTraffic } from './send.ts';

const requests: DelayRequest[] = [{ dataframe_records: [] }, { dataframe_records: [] }, { dataframe_records: [] }];
let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/flight-delays/invocations`;
}

test('answers are counted by status and their latency is measured', async () => {
  let count = 0;
  const url = await serve((_, response) => response.writeHead(++count % 4 === 0 ? 500 : 200).end('{}'));
  const report = await sendTraffic({ url, requests, rate: 500, limit: 40, signal: new AbortController().signal });
  expect(report).toMatchObject({ sent: 40, ok: 30, statuses: { 200: 30, 500: 10 } });
  expect(report.latency?.p50).toBeGreaterThan(0);
  expect(report.latency?.max).toBeGreaterThanOrEqual(report.latency?.p99 ?? Number.NaN);
});

test('requests keep their rate while answers are slow', async () => {
  let waiting = 0;
  let most = 0;
  const url = await serve((_, response) => {
    most = Math.max(most, ++waiting);
    setTimeout(() => {
      waiting--;
      response.end('{}');
    }, 200);
  });
  const report = await sendTraffic({ url, requests, rate: 100, limit: 20, signal: new AbortController().signal });
  expect(report.ok).toBe(20);
  expect(most).toBeGreaterThan(5);
});

test('an aborted signal ends the traffic, and what was sent is still counted', async () => {
  const stop = new AbortController();
  const url = await serve((_, response) => response.end('{}'));
  const report = await sendTraffic({
    url,
    requests,
    rate: 200,
    signal: stop.signal,
    onAnswer: () => stop.abort(),
  });
  expect(report.sent).toBeGreaterThan(0);
  expect(report.ok).toBe(report.sent);
});

test('a server that is not there is counted as no answer, with the reason', async () => {
  const url = await serve((_, response) => response.end());
  server?.close();
  const errors: (string | null)[] = [];
  const report = await sendTraffic({
    url,
    requests,
    rate: 500,
    limit: 3,
    signal: new AbortController().signal,
    onAnswer: ({ error }) => errors.push(error),
  });
  expect(report).toMatchObject({ sent: 3, ok: 0, statuses: { 0: 3 }, latency: null });
  expect(errors[0]).toContain('ECONNREFUSED');
});
