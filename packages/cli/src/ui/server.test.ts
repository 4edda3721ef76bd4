import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UnreachableError } from '../errors.ts';
import type { Sources } from '../records/sources.ts';
import { startUiServer, type UiServer } from './server.ts';

const away = new UnreachableError('The Temporal server', '127.0.0.1:1', 'Start it.');
/** A project whose servers are all away. */
const sources = {
  loaded: {
    root: '/p',
    path: '/p/sluice.config.ts',
    config: { project: 'p', endpoints: {}, classes: {}, pipelines: [] },
  },
  stateDir: '/nowhere/.sluice',
  temporal: async () => {
    throw away;
  },
  target: async () => ({ uiUrl: null }),
  mlflow: async () => null,
  gateway: async () => null,
} as unknown as Sources;
const assets = {
  index: '<!doctype html><title>pages</title>',
  files: new Map([['/assets/app-1.js', { type: 'text/javascript; charset=utf-8', bytes: Buffer.from('1;') }]]),
};

let server: UiServer;
beforeEach(async () => {
  server = await startUiServer({ sources, port: 0, version: '1.2.3', assets });
});
afterEach(() => server.close());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** `fetch` would tidy the path up, and cannot set a Host. */
function ask(path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  return new Promise((done, failed) => {
    const req = request({ host: '127.0.0.1', port: server.port, path, ...options }, (res) => {
      let body = '';
      res.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      res.on('end', () => done({ status: res.statusCode ?? 0, headers: res.headers, body }));
    });
    req.on('error', failed).end();
  });
}

test('it listens on loopback only', () => {
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
});

test('every answer says what the browser may do with it, and gives nothing to other origins', async () => {
  for (const path of ['/', '/assets/app-1.js', '/api/project', '/api/nothing', '/missing.js']) {
    const { headers } = await ask(path);
    expect(headers['content-security-policy'], path).toContain("default-src 'self'");
    expect(headers['x-content-type-options'], path).toBe('nosniff');
    expect(headers['cross-origin-resource-policy'], path).toBe('same-origin');
    expect(headers['access-control-allow-origin'], path).toBeUndefined();
  }
});

test('data is never cached, files whose name has a hash are for ever', async () => {
  expect((await ask('/api/project')).headers['cache-control']).toBe('no-store');
  expect((await ask('/')).headers['cache-control']).toBe('no-store');
  expect((await ask('/assets/app-1.js')).headers['cache-control']).toContain('immutable');
});

test('the project is told without any server', async () => {
  const { status, body } = await ask('/api/project');
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject({ project: 'p', version: '1.2.3', temporalUi: null, mlflow: null });
});

test.each([
  '/../../etc/passwd',
  '/assets/../../package.json',
  '/%2e%2e/%2e%2e/etc/passwd',
  '//etc/passwd',
  '/assets/%00.js',
  '/\\..\\x.js',
])('the path %s leads to no file', async (path) => {
  const { status, body } = await ask(path);
  expect([200, 404]).toContain(status);
  expect(body).toBe(assets.index);
});

test('a file that there is not is missing, for the browser to see', async () => {
  expect((await ask('/assets/app-2.js')).status).toBe(404);
});

test.each([
  ['/api', 404, 'NotFound'],
  ['/api/', 404, 'NotFound'],
  ['/api/secrets', 404, 'NotFound'],
  ['/api/project/../runs', 404, 'NotFound'],
  ['/api/run', 400, 'Usage'],
  ['/api/run?id=', 400, 'Usage'],
  ['/api/run?id=a/b&id=c/d', 400, 'Usage'],
  [`/api/run?id=${'x'.repeat(2_001)}`, 400, 'Usage'],
  ['/api/run?id=a%00b', 400, 'Usage'],
  ['/api/run?id=a/b&limit=0', 400, 'Usage'],
  ['/api/run?id=a/b&limit=1e9', 400, 'Usage'],
  ['/api/run?id=a/b&after=-1', 400, 'Usage'],
  ['/api/runs?limit=501', 400, 'Usage'],
  ['/api/log?run=a/b&step=../../../../etc/passwd', 404, 'NotFound'],
  ['/api/log?run=../../..&step=passwd', 404, 'NotFound'],
  ['/api/log?run=a/b&step=c&attempt=x', 400, 'Usage'],
])('%s is answered by %i %s', async (path, status, code) => {
  const answer = await ask(path);
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toMatchObject({ code, message: expect.any(String) });
});

test.each([
  '/api/runs',
  '/api/run?id=a/b',
  '/api/step?run=a/b&step=c',
  '/api/endpoints',
  '/api/artifact?digest=abcdef01',
])('%s says which server is away, and what to do', async (path) => {
  const { status, body } = await ask(path);
  expect(status).toBe(502);
  expect(JSON.parse(body)).toEqual({
    code: 'Unreachable',
    message: 'The Temporal server does not answer.',
    where: '127.0.0.1:1',
    fix: 'Start it.',
  });
});

test('a foreign Host, a foreign page and everything but reading are refused', async () => {
  expect((await ask('/', { headers: { host: 'evil.example' } })).status).toBe(403);
  expect((await ask('/api/runs', { headers: { origin: 'https://evil.example' } })).status).toBe(403);
  const post = await ask('/api/runs', { method: 'POST' });
  expect(post.status).toBe(405);
  expect(JSON.parse(post.body)).toMatchObject({ code: 'Refused', message: 'These pages can be read only.' });
});

test('a HEAD has the headers and no body', async () => {
  const head = await ask('/', { method: 'HEAD' });
  expect(head).toMatchObject({ status: 200, body: '' });
  expect(head.headers['content-length']).toBe(String(assets.index.length));
});

test('a huge address ends with an answer, and the server goes on', async () => {
  expect((await ask(`/api/runs?text=${'x'.repeat(10_000)}`)).status).toBe(414);
  expect((await ask('/api/project')).status).toBe(200);
});

test('rubbish instead of HTTP harms nobody', async () => {
  await new Promise<void>((done) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.end('\u0000\u0001 rubbish\r\n\r\n'));
    socket.on('error', () => {}).on('close', () => done());
    socket.resume();
  });
  expect((await ask('/api/project')).status).toBe(200);
});

test('a page that listens is told that the server is away, and is let go when the command ends', async () => {
  const told = await new Promise<string>((done, failed) => {
    const req = request({ host: '127.0.0.1', port: server.port, path: '/api/live' }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.includes('event: trouble')) void server.close();
      });
      res.on('error', () => {}).on('close', () => done(text));
    });
    req.on('error', failed).end();
  });
  expect(told).toContain('"code":"Unreachable"');
  server = await startUiServer({ sources, port: 0, version: '1.2.3', assets });
});

test('streams are bounded: a page too many is told so', async () => {
  const open: ReturnType<typeof request>[] = [];
  for (let i = 0; i < 100; i += 1) {
    await new Promise<void>((done) => {
      const req = request({ host: '127.0.0.1', port: server.port, path: '/api/live' }, (res) => {
        res.resume().on('error', () => {});
        done();
      });
      req.on('error', () => {}).end();
      open.push(req);
    });
  }
  expect((await ask('/api/live')).status).toBe(503);
  for (const req of open) req.destroy();
});
