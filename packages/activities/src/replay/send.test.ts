import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SupervisedServer } from '../serving/supervised-server.ts';
import { headersAgain } from './headers-again.ts';
import { send, whyWorse } from './send.ts';

let server: Server;
/** Answers packed where the caller says that he can read that, as many web frameworks do. */
beforeEach(async () => {
  server = createServer(({ url, headers }, response) => {
    const body = url === '/old/invocations' ? '{"predictions":[1]}' : '{"predictions":[]}';
    if (!/gzip/.test(headers['accept-encoding'] ?? '')) response.end(body);
    else response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const copy = (path: string) => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  return { current: async () => ({ url }), settle: async () => {}, restarts: 0 } as unknown as SupervisedServer;
};

test('an answer is looked into though the caller could have read a packed one', async () => {
  const headers = headersAgain({ 'accept-encoding': 'gzip, deflate' });
  const request = {
    id: 'r',
    at: 0,
    method: 'POST',
    path: '/invocations',
    headers,
    body: Buffer.from('{}'),
    status: 200,
  };
  const options = { deadline: 60_000, signal: new AbortController().signal };
  const [old, now] = await Promise.all([send(copy('/old'), request, options), send(copy('/new'), request, options)]);
  expect(whyWorse(old, now)).toBe('$.predictions has 0 items, had 1');
});
