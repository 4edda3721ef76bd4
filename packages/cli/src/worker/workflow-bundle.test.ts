import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LoadedConfig } from '../config/load-config.ts';
import { resolveConfig } from '../config/resolved-config.ts';
import { unfitPipelines } from '../config/sandbox-imports.ts';
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

test('is refused with file, line and import when a pipeline needs Node', async () => {
  await pipeline('p', "import { readFileSync } from 'node:fs'; console.log(readFileSync);");
  await expect(workflowBundle(loaded)).rejects.toMatchObject({
    code: 'InvalidConfig',
    message: expect.stringContaining('pipelines/p.ts:1 imports node:fs: a pipeline cannot'),
    where: join(root, 'pipelines/p.ts:1'),
    fix: expect.stringContaining('belongs into a step'),
  });
});

test('holds the other pipelines where one of them needs Node', async () => {
  await pipeline('fit');
  const bad = "import os from 'os';\nimport { pipeline } from '@sluice/sdk';\nexport const b = os;\n";
  await writeFile(join(root, 'pipelines', 'bad.ts'), bad);
  const both = { ...loaded, config: { ...loaded.config, pipelines: ['pipelines/bad.ts', 'pipelines/p.ts'] } };
  const { codePath } = await workflowBundle(both);
  expect(await readFile(codePath, 'utf8')).toContain("name: 'fit'");
  expect([...unfitPipelines(both).values()].map(({ message }) => message)).toEqual([
    expect.stringContaining('pipelines/bad.ts:1 imports os'),
  ]);
});

test.each([
  ['needs Node', "import net from 'net';\nexport default net;\n", 'imports pool, which needs net: a pipeline cannot'],
  ['needs what is not there', "import x from 'none-such';\nexport default x;\n", 'imports pool, which needs none-such'],
])('names the import of the pipeline where a package %s, and no word of the bundler', async (_, source, says) => {
  const folder = join(root, 'node_modules', 'pool');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"name": "pool", "main": "index.js", "type": "module"}');
  await writeFile(join(folder, 'index.js'), source);
  await pipeline('p', "import { z as zod } from 'zod';\nimport pool from 'pool';\nconsole.log(pool, zod);");
  const error: unknown = await workflowBundle(loaded).catch((failed: unknown) => failed);
  expect(error).toMatchObject({ code: 'InvalidConfig', where: join(root, 'pipelines/p.ts:2') });
  expect((error as Error).message).toContain(`pipelines/p.ts:2 ${says}`);
  expect((error as Error).message).not.toMatch(/webpack|\n|ERROR/);
});
