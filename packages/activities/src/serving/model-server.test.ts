import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command, ErrorCode, python } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { hexOf } from '../store/artifact-store.ts';
import { modelFiles } from './model-files.ts';
import { type ModelServer, startModelServer, withModelServer } from './model-server.ts';
import { FIXTURE_SERVER, type Fixture, fixture } from './testing/fixture-context.ts';

let fix: Fixture;
const servers: ModelServer[] = [];

beforeEach(async () => {
  fix = await fixture();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await fix.remove();
});

async function start(behaviour: Record<string, unknown>, endpoint = 'demo'): Promise<ModelServer> {
  const server = await startModelServer({ context: fix.context, endpoint, model: await fix.model(behaviour) });
  servers.push(server);
  return server;
}

/** A context whose endpoint `demo` is served in another way. */
async function serving(serve: ReturnType<typeof command>, ready = '10 seconds') {
  await fix.remove();
  const endpoints = { demo: { serve, ready: ready as '10 seconds' } };
  fix = await fixture({ config: { project: 'test', pipelines: [], endpoints } });
}

/** A zombie that nobody has collected does not run. */
function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]$/.test(stat.slice(stat.lastIndexOf(')') + 2)[0] ?? '');
  } catch {
    return false;
  }
}

describe('a model server', () => {
  test('answers rows in their order', async () => {
    const server = await start({ add: 10 });
    expect(await server.predict([{ x: 1 }, { x: 2 }])).toEqual({ ok: true, predictions: [11, 12] });
  });

  test('is gone once it is stopped, and so is what it started', async () => {
    const note = join(fix.context.root, 'child.pid');
    const server = await start({ child: note });
    const child = Number(await readFile(note, 'utf8'));
    expect([runs(server.pid), runs(child)]).toEqual([true, true]);
    await server.stop();
    expect(runs(server.pid)).toBe(false);
    await vi.waitFor(() => expect(runs(child)).toBe(false));
    expect(await readdir(join(fix.context.stateDir, 'work'))).toEqual([]);
  });

  test('gets no secret of the worker but the one its command names', async () => {
    for (const name of ['TEMPORAL_API_KEY', 'SLUICE_GATEWAY_TOKEN', 'SHOP_DB']) vi.stubEnv(name, 's3cret');
    const tell = 'env > env.txt; exec "$@"';
    await serving(command(['sh', '-c', tell, 'sh', process.execPath, FIXTURE_SERVER], { env: { DB: 'env:SHOP_DB' } }));
    await start({});
    vi.unstubAllEnvs();
    const env = await readFile(join(fix.context.root, 'env.txt'), 'utf8');
    expect(env.match(/^.*s3cret$/gm)).toEqual(['DB=s3cret']);
    expect(env).toMatch(/^SLUICE_MODEL=/m);
  });

  test('that ignores SIGTERM is killed', { timeout: 20_000 }, async () => {
    const server = await start({ ignoreTerm: true });
    await server.stop();
    expect(server.exit()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('that exits before it is ready is reported with the end of its log', async () => {
    const failed = start({ ping: 'exit' });
    await expect(failed).rejects.toMatchObject({ code: ErrorCode.ServerNotReady });
    await expect(failed).rejects.toThrow(/exit code 3[\s\S]*cannot load the weights/);
    expect(await readdir(join(fix.context.stateDir, 'work'))).toEqual([]);
  });

  test('that never answers /ping is given up after `ready` and left nowhere', async () => {
    await serving(command([process.execPath, FIXTURE_SERVER]), '500 ms');
    await expect(start({ ping: 'never' })).rejects.toThrow('did not answer 200 within 0.5 s');
    expect(await readdir(join(fix.context.stateDir, 'work'))).toEqual([]);
  });

  test('that is slow to load is waited for', async () => {
    const server = await start({ ping: 400, add: 1 });
    expect(await server.predict([{ x: 1 }])).toEqual({ ok: true, predictions: [2] });
  });

  test('gets model, host and port as arguments where the command asks for them', async () => {
    const script = `
      const [model, host, port] = process.argv.slice(1);
      require('node:http').createServer((q, s) => s.end(JSON.stringify({ predictions: [model] }))).listen(Number(port), host);`;
    await serving(command([process.execPath, '-e', script, '{model}', '{host}', '{port}']));
    const model = await fix.model({ name: 'π' });
    await withModelServer({ context: fix.context, endpoint: 'demo', model }, async (server) => {
      expect(await server.predict([{}])).toEqual({
        ok: true,
        predictions: [join(fix.context.stateDir, 'models', hexOf(model.digest))],
      });
    });
  });

  test('written in Python runs in the worker’s interpreter, with the package sluice on its path', async () => {
    await serving(python('serve.py'));
    const script = `
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self): self.answer({})
    def do_POST(self): self.answer({"predictions": [os.environ["PYTHONPATH"].split(os.pathsep)[0]]})
    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *args): pass
HTTPServer((os.environ["SLUICE_HOST"], int(os.environ["SLUICE_PORT"])), Handler).serve_forever()
`;
    await writeFile(join(fix.context.root, 'serve.py'), script);
    const server = await start({});
    expect(await server.predict([{}])).toEqual({ ok: true, predictions: [fix.context.trainerPath] });
  });

  test('is ended when the work with it throws', async () => {
    let pid = 0;
    const work = withModelServer(
      { context: fix.context, endpoint: 'demo', model: await fix.model({}) },
      async (server) => {
        pid = server.pid;
        throw new Error('the work broke');
      },
    );
    await expect(work).rejects.toThrow('the work broke');
    expect(runs(pid)).toBe(false);
  });

  test('is ended when the activity is cancelled while it starts', async () => {
    const cancel = new AbortController();
    const scope = { signal: cancel.signal, heartbeat: () => {} };
    const model = await fix.model({ ping: 'never' });
    const started = startModelServer({ context: fix.context, endpoint: 'demo', model, scope });
    await vi.waitFor(async () => expect(await readdir(join(fix.context.stateDir, 'work'))).toHaveLength(1));
    cancel.abort(new Error('cancelled'));
    await expect(started).rejects.toThrow('cancelled');
    expect(await readdir(join(fix.context.stateDir, 'work'))).toEqual([]);
  });

  test('dies with its worker, even when that is SIGKILLed', async () => {
    const script = fileURLToPath(new URL('./testing/serve-and-wait.ts', import.meta.url));
    const worker = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed] = (await once(worker.stdout, 'data')) as [Buffer];
    const { server, root } = JSON.parse(printed.toString()) as { server: number; root: string };
    expect(runs(server)).toBe(true);
    worker.kill('SIGKILL');
    await vi.waitFor(() => expect(runs(server)).toBe(false), { timeout: 10_000 });
    await rm(root, { recursive: true, force: true });
  });

  test('of an endpoint that is not in the config names those that are', async () => {
    await expect(start({}, 'demmo')).rejects.toMatchObject({
      code: ErrorCode.InvalidConfig,
      fix: expect.stringContaining('demo'),
    });
  });

  test('whose program is not installed is an error that names it', async () => {
    await serving(command(['no-such-program-here']));
    await expect(start({})).rejects.toMatchObject({ code: ErrorCode.CommandNotFound });
  });
});

describe('a prediction', () => {
  test.each([
    ['status', { kind: 'status', message: 'status 500: row refused' }],
    ['short', { kind: 'answer', message: '0 predictions for 1 rows' }],
    ['crash', { kind: 'transport', message: 'connection broken' }],
  ])('of a row that ends in %s says so and does not throw', async (rule, expected) => {
    const server = await start({ rules: { k: rule } });
    expect(await server.predict([{ key: 'k', x: 1 }])).toEqual({ ok: false, ...expected });
  });

  test('that takes too long is a missed deadline', async () => {
    const server = await start({ rules: { k: 'hang' } });
    expect(await server.predict([{ key: 'k' }], { timeout: 100 })).toMatchObject({ ok: false, kind: 'deadline' });
  });

  test('of a server that is gone is a refused connection', async () => {
    const server = await start({});
    await server.stop();
    expect(await server.predict([{ x: 1 }])).toEqual({ ok: false, kind: 'transport', message: 'connection refused' });
  });
});

describe("a model's files", () => {
  test('are fetched once for many who ask at the same time', async () => {
    const model = await fix.model({ name: 'shared' });
    let fetched = 0;
    const store = { ...fix.context.store };
    const context = {
      ...fix.context,
      store: {
        ...store,
        fetch: (artifact: Parameters<typeof store.fetch>[0], path: string) => {
          fetched += 1;
          return store.fetch(artifact, path);
        },
      },
    };
    const paths = await Promise.all([1, 2, 3, 4].map(() => modelFiles(context, model)));
    expect(new Set(paths).size).toBe(1);
    expect(fetched).toBe(1);
    expect((await stat(join(paths[0] ?? '', 'model.json'))).isFile()).toBe(true);
  });

  test('of another process that was faster are used, and no half copy stays', async () => {
    const model = await fix.model({ name: 'raced' });
    const { store, stateDir } = fix.context;
    const target = join(stateDir, 'models', hexOf(model.digest));
    const context = {
      stateDir,
      store: {
        ...store,
        fetch: async (artifact: Parameters<typeof store.fetch>[0], path: string) => {
          await store.fetch(artifact, path);
          await store.fetch(artifact, target);
        },
      },
    };
    expect(await modelFiles(context, model)).toBe(target);
    expect(await readdir(join(stateDir, 'models'))).toEqual([hexOf(model.digest)]);
  });

  test('that the store does not have are an error, and nothing is left', async () => {
    const model = await fix.model({});
    await fix.context.store.discard([model], []);
    await expect(modelFiles(fix.context, model)).rejects.toMatchObject({ code: ErrorCode.NotFound });
    expect(await readdir(join(fix.context.stateDir, 'models'))).toEqual([]);
  });
});
