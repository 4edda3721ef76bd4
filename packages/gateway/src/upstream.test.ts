import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { openUpstream } from './upstream.ts';

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

const echo = (): Server => createServer((req, res) => req.pipe(res));

/** What becomes of a request with a body, and how often it was ready to be sent. */
function post(port: () => number | null): Promise<{ text?: string; failed?: string | undefined; connected: number }> {
  let connected = 0;
  return new Promise((resolve) => {
    openUpstream(
      { port, method: 'POST', path: '/', headers: (to) => ['host', `127.0.0.1:${to}`, 'content-length', '5'] },
      {
        connected(upstream) {
          connected += 1;
          upstream.end('hello');
        },
        async response(message) {
          let text = '';
          for await (const chunk of message) text += chunk;
          resolve({ text, connected });
        },
        failed: (error) => resolve({ failed: error.code, connected }),
      },
    );
  });
}

test('a refused connection is tried again, where the server is by then, and no byte of the body was sent before', async () => {
  server = echo();
  const listening = server;
  const refused = await freePort();
  const next = await new Promise<number>((resolve) => {
    listening.listen(0, '127.0.0.1', () => resolve((listening.address() as { port: number }).port));
  });
  const ports = [refused, next];
  expect(await post(() => ports.shift() ?? null)).toEqual({ text: 'hello', connected: 1 });
});

test('a connection that is refused twice has failed', async () => {
  const refused = await freePort();
  const asked: number[] = [];
  const answer = await post(() => {
    asked.push(refused);
    return refused;
  });
  expect(answer).toEqual({ failed: 'ECONNREFUSED', connected: 0 });
  expect(asked).toHaveLength(2);
});
