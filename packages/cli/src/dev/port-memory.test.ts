import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { candidates, type Listener, PortMemory, portsPath } from './port-memory.ts';

const ui: Listener = { name: 'temporal-ui', what: "Temporal's UI", flag: '--ui-port' };
const mlflow: Listener = { name: 'mlflow', what: 'MLflow', flag: '--mlflow-port' };

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-ports-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function occupy(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
}

test('a port is a free one the first time, and the same at every later start', async () => {
  const first = await PortMemory.open(root);
  const ports = [await first.take(ui), await first.take(mlflow)];
  expect(new Set(ports).size).toBe(2);
  const later = await PortMemory.open(root);
  expect([await later.take(ui), await later.take(mlflow)]).toEqual(ports);
});

test('one that somebody else has now is replaced for good, and that is told', async () => {
  const port = await (await PortMemory.open(root)).take(ui);
  await occupy(port);
  const moves: unknown[] = [];
  const next = await PortMemory.open(root, (listener, from, to) => moves.push([listener.name, from, to]));
  const other = await next.take(ui);
  expect(other).not.toBe(port);
  expect(moves).toEqual([['temporal-ui', port, other]]);
  expect(await (await PortMemory.open(root)).take(ui)).toBe(other);
});

test('one that a flag names is taken as it is, refused when it is occupied, and not remembered', async () => {
  const memory = await PortMemory.open(root);
  const [usual, named] = [await memory.take(ui), candidates(root, 'another')[0] ?? 0];
  expect(await memory.take(ui, named)).toBe(named);
  await occupy(named);
  await expect(memory.take(ui, named)).rejects.toMatchObject({ code: 'PortInUse', data: { flag: '--ui-port' } });
  expect(await memory.take(ui)).toBe(usual);
});

test('two projects that want the same port settle it once', async () => {
  const other = await mkdtemp(join(tmpdir(), 'sluice-ports-'));
  onTestFinished(() => rm(other, { recursive: true, force: true }));
  const port = await (await PortMemory.open(root)).take(ui);
  await mkdir(dirname(portsPath(other)), { recursive: true });
  await writeFile(portsPath(other), JSON.stringify({ 'temporal-ui': port }));
  await occupy(port); // the first one runs
  const moved = await (await PortMemory.open(other)).take(ui);
  expect(moved).not.toBe(port);
  expect(await (await PortMemory.open(other)).take(ui)).toBe(moved);
});

test.each([
  ['half a write', '{"temporal-ui": 2'],
  ['another form', '{"temporal-ui": "x"}'],
  ['no port', '{"temporal-ui": 70000}'],
])('a file that holds %s is written anew', async (_, text) => {
  await mkdir(dirname(portsPath(root)), { recursive: true });
  await writeFile(portsPath(root), text);
  const port = await (await PortMemory.open(root)).take(ui);
  expect(JSON.parse(await readFile(portsPath(root), 'utf8'))).toEqual({ 'temporal-ui': port });
});
