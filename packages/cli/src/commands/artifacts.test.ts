import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileStore } from '@sluice/activities';
import type { Artifact } from '@sluice/sdk';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { plainPaint } from '../follow/colours.ts';
import { numbers, profile } from '../look/testing.ts';
import { artifactsDiffCommand, artifactsGetCommand, artifactsShowCommand } from './artifacts.ts';
import type { Io } from './io.ts';

/** A project with a store and no server: what a digest names is looked at without one. */
let folder: string;
let options: { config: string };
let model: Artifact;
let other: Artifact;
let report: Artifact;

beforeAll(async () => {
  vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:1');
  folder = await mkdtemp(join(tmpdir(), 'sluice-artifacts-'));
  await writeFile(join(folder, 'sluice.config.ts'), "export default { project: 'p', pipelines: ['p.ts'] };\n");
  await writeFile(join(folder, 'p.ts'), '');
  options = { config: join(folder, 'sluice.config.ts') };
  const store = fileStore(join(folder, '.sluice/store'));
  await mkdir(join(folder, 'model/größe'), { recursive: true });
  await writeFile(join(folder, 'model/größe/weights'), 'abc');
  await writeFile(join(folder, 'model/MLmodel'), 'x');
  model = await store.putTree(join(folder, 'model'), 'model');
  await writeFile(join(folder, 'model/MLmodel'), 'y');
  other = await store.putTree(join(folder, 'model'), 'model');
  report = await store.putText(JSON.stringify(profile(3, [numbers('delay', [1, 2, 3])])), 'report');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function io(): Io & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    json: false,
    paint: plainPaint,
    columns: 80,
    line: (text = '') => lines.push(text),
    object: () => {},
    note: () => {},
    renderer: () => {
      throw new Error('nothing is followed');
    },
  };
}

const short = ({ digest }: Artifact, digits = 12) => digest.slice(7, 7 + digits);

it('shows what the store knows of an artifact without a server', async () => {
  const out = io();
  expect(await artifactsShowCommand([short(model, 8)], options, out)).toBe(0);
  expect(out.lines[0]).toBe(`model ${short(model)}  4 B, 2 files`);
  expect(out.lines).toContain('  made   not known: no server was asked');
  expect(out.lines).toContain('  größe/weights  3 B');
});

it('prints a profile that is named by its own digest', async () => {
  const out = io();
  await artifactsShowCommand([report.uri], options, out);
  expect(out.lines).toContain('3 rows, 1 column');
  expect(out.lines.at(-1)).toBe('delay   DOUBLE  0      3         1    2     3');
});

it('fetches a folder, once', async () => {
  const to = join(folder, 'got');
  await artifactsGetCommand([model.digest], { ...options, to }, io());
  expect(await readdir(to)).toEqual(['MLmodel', 'größe']);
  expect(await readFile(join(to, 'größe/weights'), 'utf8')).toBe('abc');
  await expect(artifactsGetCommand([model.digest], { ...options, to }, io())).rejects.toThrow(
    /There is something at .*got/,
  );
});

it('leaves nothing where Ctrl-C is pressed while a large file is fetched, and ends at once', async () => {
  const digits = 'f'.repeat(64);
  const blob = join(folder, '.sluice/store/blobs', digits);
  const to = join(folder, 'stopped');
  await writeFile(blob, '');
  await truncate(blob, 2 ** 37);
  const main = join(import.meta.dirname, '../main.ts');
  const child = spawn(process.execPath, [main, 'artifacts', 'get', digits, '--to', join(to, 'large')], { cwd: folder });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const drafts = () => readdir(to).catch(() => []);
  await vi.waitFor(async () => expect(await drafts()).toHaveLength(1), { timeout: 50_000 });
  const ended = once(child, 'close');
  child.kill('SIGINT');
  expect(await ended).toEqual([null, 'SIGINT']);
  expect(said).toBe(`Stopped; nothing was written to ${join(to, 'large')}.\n`);
  expect(await drafts()).toEqual([]);
});

it('tells two folders apart by their files', async () => {
  const out = io();
  await artifactsDiffCommand([short(model), short(other)], options, out);
  expect(out.lines).toContain('files    1 differs');
  expect(out.lines).toContain('  MLmodel  changed  1 B');
  await expect(artifactsDiffCommand([short(model), short(report)], options, out)).rejects.toThrow(
    'A model and a report cannot be compared.',
  );
});

it('says what is wrong with a name, and where a run is meant that there is no server', async () => {
  const show = (...words: string[]) => artifactsShowCommand(words, options, io());
  await expect(show('0123456789')).rejects.toMatchObject({
    code: 'NotFound',
    message: expect.stringContaining('begins with 0123456789'),
  });
  await expect(show(short(model, 4))).rejects.toThrow('is too short: it has 4 digits');
  await expect(show('delays/one', 'rows')).rejects.toMatchObject({ code: 'Unreachable' });
});
