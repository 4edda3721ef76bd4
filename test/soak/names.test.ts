import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '..', '..', 'soak');

test('every soak there is can be asked for by its name', async () => {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts') && file !== 'run.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'run.ts')]);
  const listed = stdout.split('\n').flatMap((line) => /^(\S+) +\S/.exec(line)?.[1] ?? []);
  expect(listed.sort()).toEqual(files.map((file) => file.replace('.ts', '')).sort());
});
