import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { authFromEnvironment, type MlflowConnection, mlflowCall } from './request.ts';

type Answer = number | 'hang-up' | 'silence' | ((response: ServerResponse) => void);

let server: Server;
let port: number;
let answers: Answer[];
let seen: { method: string; url: string; authorization: string | undefined; body: string }[];

beforeEach(async () => {
  seen = [];
  answers = [];
  server = createServer(async (request: IncomingMessage, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '' } = request;
    seen.push({ method, url, authorization: request.headers.authorization, body });
    const answer = answers.shift() ?? 200;
    if (answer === 'hang-up') request.socket.destroy();
    else if (typeof answer === 'function') answer(response);
    else if (typeof answer === 'number') {
      const text = answer === 200 ? '{"ok":true}' : `{"error_code":"CODE_${answer}","message":"because ${answer}"}`;
      response.writeHead(answer, { 'content-type': 'application/json' }).end(text);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function caller(options: Partial<MlflowConnection> = {}) {
  return mlflowCall({ url: `http://127.0.0.1:${port}`, backoff: 1, auth: () => null, ...options });
}

test.each([408, 429, 500, 502, 503, 504, 'hang-up' as const])('%s is tried again', async (answer) => {
  answers = [answer, answer];
  const lines: string[] = [];
  expect(await caller({ log: (line) => lines.push(line) })('GET', 'runs/get', { run_id: 'x y' })).toEqual({ ok: true });
  expect(seen.map(({ url }) => url)).toEqual(Array(3).fill('/api/2.0/mlflow/runs/get?run_id=x+y'));
  expect(lines[0]).toMatch(/attempt 2 of 6 in/);
});

test.each([400, 401, 404, 409, 501])('%s is not tried again', async (answer) => {
  answers = [answer];
  await expect(caller()('POST', 'runs/create', {})).rejects.toMatchObject({
    ...{ code: 'Refused', status: answer, errorCode: `CODE_${answer}`, permanent: true },
    message: expect.stringContaining(`because ${answer}`),
  });
  expect(seen).toHaveLength(1);
});

test.each([
  ['BAD_REQUEST', '(sqlite3.IntegrityError) UNIQUE constraint failed: inputs.source_type', 2],
  ['BAD_REQUEST', '(psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint', 2],
  ['RESOURCE_ALREADY_EXISTS', 'Experiment(name=a) already exists. Error: (sqlite3.IntegrityError) UNIQUE', 1],
])(
  'a row that another call has just written is looked at again, and a name that is taken is not: %s %s',
  async (code, message, tries) => {
    answers = [
      (response) => {
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error_code: code, message }));
      },
    ];
    await caller()('POST', 'runs/log-inputs', {}).catch(() => {});
    expect(seen).toHaveLength(tries);
  },
);

test('attempts are bounded, and what is left is an error that may pass', async () => {
  answers = Array(9).fill(503);
  await expect(caller({ attempts: 3 })('POST', 'runs/update', {})).rejects.toMatchObject({
    ...{ code: 'Unreachable', permanent: false, data: { attempts: 3 } },
    message: expect.stringContaining('HTTP 503 (because 503)'),
  });
  expect(seen).toHaveLength(3);
  await expect(caller()('POST', 'runs/update', {}, { attempts: 1 })).rejects.toMatchObject({ data: { attempts: 1 } });
});

test('a server that nobody started is unreachable, and the message names why', async () => {
  const free = port;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await expect(caller({ attempts: 2 })('GET', 'x', {})).rejects.toMatchObject({
    code: 'Unreachable',
    message: `MLflow at http://127.0.0.1:${free} does not answer: ECONNREFUSED (2 attempts).`,
  });
  server.listen(0, '127.0.0.1');
});

test('a server that accepts and says nothing is given up after the timeout', async () => {
  answers = ['silence', 'silence'];
  await expect(caller({ attempts: 2, timeout: 40 })('GET', 'x', {})).rejects.toMatchObject({
    message: expect.stringContaining('no answer within 0.04 s'),
  });
});

test('retry-after is followed', async () => {
  answers = [(response) => response.writeHead(429, { 'retry-after': '0.05' }).end()];
  const began = performance.now();
  await caller({ backoff: 60_000 })('GET', 'x', {});
  expect(performance.now() - began).toBeGreaterThan(40);
});

test('an abort ends the waiting at once, with its own reason', async () => {
  answers = Array(9).fill(503);
  const stop = new AbortController();
  const reason = new Error('stopped');
  const call = caller({ backoff: 60_000, log: () => stop.abort(reason) })('GET', 'x', {}, { signal: stop.signal });
  await expect(call).rejects.toSatisfy((error: Error) => error === reason || error.name === 'AbortError');
  await expect(caller()('GET', 'x', {}, { signal: stop.signal })).rejects.toBe(reason);
});

test('a user and password in the URL become a header and appear in no error', async () => {
  answers = [200, 400];
  const call = caller({ url: `http://zo%C3%AB:p%40ss@127.0.0.1:${port}/base/`, ...({ auth: undefined } as object) });
  await call('POST', 'runs/create', { a: 1 });
  expect(seen[0]).toEqual({
    ...{ method: 'POST', url: '/base/api/2.0/mlflow/runs/create', body: '{"a":1}' },
    authorization: `Basic ${Buffer.from('zoë:p@ss').toString('base64')}`,
  });
  const error = (await call('POST', 'runs/create', {}).catch((reason: Error) => reason)) as Error & { where: string };
  expect(`${error.message} ${error.where}`).not.toMatch(/p%40ss|p@ss/);
});

test('MLflow’s own variables give credentials, and a fresh token is asked for at every attempt', async () => {
  expect(await authFromEnvironment({})()).toBeNull();
  expect(await authFromEnvironment({ MLFLOW_TRACKING_TOKEN: 't' })()).toBe('Bearer t');
  expect(await authFromEnvironment({ MLFLOW_TRACKING_USERNAME: 'a', MLFLOW_TRACKING_PASSWORD: 'b' })()).toBe(
    `Basic ${Buffer.from('a:b').toString('base64')}`,
  );
  answers = [503];
  let tokens = 0;
  await caller({ auth: () => `Bearer ${++tokens}` })('GET', 'x', {});
  expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer 1', 'Bearer 2']);
});

test('a redirect, a login page and somebody else’s server are told apart from MLflow', async () => {
  answers = [
    (response) => response.writeHead(302, { location: 'https://mlflow.example/login' }).end(),
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'),
    (response) => response.writeHead(404, { 'content-type': 'text/plain' }).end('nothing here'),
  ];
  const call = caller();
  await expect(call('POST', 'x', {})).rejects.toMatchObject({
    fix: expect.stringContaining('https://mlflow.example/login'),
  });
  await expect(call('POST', 'x', {})).rejects.toMatchObject({
    ...{ code: 'Refused', message: 'MLflow answered, but not as MLflow does' },
    fix: expect.stringContaining('login page'),
  });
  await expect(call('POST', 'x', {})).rejects.toMatchObject({ fix: expect.stringContaining('something else answers') });
});
