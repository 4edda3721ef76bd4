import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LoadedConfig } from '../config/load-config.ts';
import { resolveConfig } from '../config/resolved-config.ts';
import { workflowBundle } from './workflow-bundle.ts';

let root: string;
let loaded: LoadedConfig;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-bundle-'));
  await mkdir(join(root, 'pipelines'));
  loaded = {
    root,
    path: join(root, 'sluice.config.ts'),
    config: resolveConfig({ project: 'p', pipelines: ['pipelines/p.ts'] }),
  };
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function pipeline(name: string, head = ''): Promise<void> {
  await writeFile(
    join(root, 'pipelines', 'p.ts'),
    `${head}
    import { z } from 'zod';
    import { pipeline } from '@sluice/sdk';
    export const p = pipeline({ name: '${name}', params: z.object({}), run: async () => 1 });`,
  );
}

const bundles = async () => (await readdir(join(root, '.sluice', 'workflows'))).filter((name) => name.endsWith('.cjs'));

test('is made once, by two who ask at once too, and made anew when a file that went into it changes', async () => {
  await pipeline('first-name');
  const [one, two] = await Promise.all([workflowBundle(loaded), workflowBundle(loaded)]);
  expect(two).toEqual(one);
  expect(await bundles()).toHaveLength(1);
  expect(await readFile(one.codePath, 'utf8')).toContain('first-name');
  expect(await workflowBundle(loaded)).toEqual(one);

  await pipeline('second-name');
  const next = await workflowBundle(loaded);
  expect(next.codePath).not.toBe(one.codePath);
  expect(await readFile(next.codePath, 'utf8')).toContain('second-name');
});

test('is refused with the pipeline file and the module when that needs Node', async () => {
  await pipeline('p', "import { readFileSync } from 'node:fs'; console.log(readFileSync);");
  await expect(workflowBundle(loaded)).rejects.toMatchObject({
    code: 'InvalidConfig',
    message: expect.stringContaining('fs'),
    fix: expect.stringContaining('move everything else into steps'),
  });
});
