import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plainPaint } from '../follow/colours.ts';
import { plainRenderer } from '../follow/renderer.ts';
import { initCommand } from './init.ts';
import type { Io } from './io.ts';

const run = promisify(execFile);
const home = process.cwd();
let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'sluice-init-')));
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true, force: true });
});

test.each(['rents', 'dritter ort', "ana's $HOME & `more`", 'größe', '-e', 'a;b'])(
  'the line that is printed for the folder %j leads a shell into it',
  async (name) => {
    const lines: string[] = [];
    await initCommand(name, { name: 'rents' }, quiet(lines), { kind: 'registry', version: '1.0.0' });
    const [next = ''] = lines.filter((line) => line.startsWith('Next: '));
    const cd = next.slice('Next: '.length, next.indexOf('; npm install'));
    const { stdout } = await run('sh', ['-c', `${cd} && pwd`]);
    expect(stdout).toBe(`${join(folder, name)}\n`);
  },
);

function quiet(lines: string[]): Io {
  return {
    ...{ json: false, columns: 80, paint: plainPaint, object: () => {}, note: () => {} },
    line: (text = '') => void lines.push(text),
    renderer: () => plainRenderer(() => {}, plainPaint),
  };
}
