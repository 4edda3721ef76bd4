import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { packageReferences } from './packages.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-packages-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a project made of packed packages carries them, and takes each from there, whatever a registry has', async () => {
  for (const name of ['sdk', 'cli', 'workflows']) await writeFile(join(folder, `sluice-${name}-0.1.0-rc.1.tgz`), name);
  await writeFile(join(folder, 'create-sluice-0.1.0-rc.1.tgz'), 'not of the project');
  await writeFile(join(folder, 'notes.txt'), 'nor this');
  const { sdk, cli, overrides, install, files } = packageReferences({ kind: 'tarballs', folder }, '/new');
  expect({ sdk, cli, overrides, install }).toEqual({
    sdk: 'file:vendor/sluice-sdk-0.1.0-rc.1.tgz',
    cli: 'file:vendor/sluice-cli-0.1.0-rc.1.tgz',
    overrides: {
      '@sluice/cli': '$@sluice/cli',
      '@sluice/sdk': '$@sluice/sdk',
      '@sluice/workflows': 'file:vendor/sluice-workflows-0.1.0-rc.1.tgz',
    },
    install: 'npm install',
  });
  expect(Object.entries(files).map(([path, bytes]) => [path, bytes.toString()])).toEqual([
    ['vendor/sluice-cli-0.1.0-rc.1.tgz', 'cli'],
    ['vendor/sluice-sdk-0.1.0-rc.1.tgz', 'sdk'],
    ['vendor/sluice-workflows-0.1.0-rc.1.tgz', 'workflows'],
  ]);
});

test('a folder that lacks the command says how to pack it', async () => {
  await writeFile(join(folder, 'sluice-sdk-0.1.0.tgz'), '');
  expect(() => packageReferences({ kind: 'tarballs', folder }, '/new')).toThrow(
    expect.objectContaining({ code: 'NotFound', where: folder, message: expect.stringContaining('@sluice/cli') }),
  );
});

test('a project takes published packages by version, and those of a checkout by a link', async () => {
  expect(packageReferences({ kind: 'registry', version: '1.2.3' }, '/new')).toEqual({
    sdk: '^1.2.3',
    cli: '^1.2.3',
    install: 'npm install',
    files: {},
  });
  await mkdir(join(folder, 'packages'));
  const made = packageReferences({ kind: 'checkout', packages: join(folder, 'packages') }, join(folder, 'new'));
  expect(made).toMatchObject({ sdk: 'link:../packages/sdk', cli: 'link:../packages/cli' });
});
