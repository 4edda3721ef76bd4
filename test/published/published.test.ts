import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import cli from '../../packages/cli/package.json' with { type: 'json' };
import { processesIn } from '../harness/processes.ts';
import { type DevProcess, oldestNode, type PackedProject, packedProject } from './packed-project.ts';

let project: PackedProject;
const { version } = cli;
const names = ['activities', 'cli', 'gateway', 'sdk', 'ui', 'workflows'];
const versioned = (name: string) => `${name}-${version}.tgz`;

// Every package is built.
beforeAll(async () => {
  project = await packedProject();
}, 900_000);
afterAll(() => project?.close());

/** Paths in a tarball. */
async function packed(file: string): Promise<string[]> {
  return (await project.call('tar', ['-tzf', join(project.tarballs, file)])).out.trim().split('\n');
}

/** Changes a file of the scaffold as a person would. */
async function edit(file: string, from: string, to: string): Promise<void> {
  const path = join(project.root, file);
  const text = await readFile(path, 'utf8');
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}

test('each tarball holds a licence, a readme and the build, and neither sources nor tests', async () => {
  const files = await readdir(project.tarballs);
  expect(files.sort()).toEqual(['create-sluice', ...names.map((name) => `sluice-${name}`)].map(versioned));
  for (const file of files) {
    const { out } = await project.call('tar', ['-xzOf', join(project.tarballs, file), 'package/package.json']);
    const { exports = {}, bin = {} } = JSON.parse(out) as { exports?: unknown; bin?: unknown };
    const paths = await packed(file);
    const promised = [...JSON.stringify([exports, bin]).matchAll(/"\.\/(dist\/[^"]+)"/g)].map(([, path]) => path);
    expect(promised).not.toEqual([]);
    for (const path of ['LICENSE', 'README.md', ...promised]) expect(paths).toContain(`package/${path}`);
    expect(paths.filter((path) => /\/src\/|testing|\.test\.|__pycache__|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  }
  // The one file that is handed on carries the others.
  const carried = (await packed(versioned('create-sluice'))).filter((path) => path.endsWith('.tgz'));
  expect(carried.sort()).toEqual(names.map((name) => `package/dist/packages/${versioned(`sluice-${name}`)}`));
});

test('the command tells its version', async () => {
  expect(await project.sluice('--version')).toEqual({ exit: 0, out: `${version}\n`, err: '' });
});

test("npm takes each of Sluice's packages from the project, and looks for none of them on a registry", async () => {
  const fresh = join(project.root, '../as-npm-finds-it');
  for (const part of ['package.json', 'vendor']) {
    await cp(join(project.root, part), join(fresh, part), { recursive: true });
  }
  // What it would install is worked out, and nothing unpacked.
  const args = ['--prefix', fresh, 'install', '--package-lock-only', '--prefer-offline', '--no-audit', '--no-fund'];
  expect(await project.call('npm', args)).toMatchObject({ exit: 0 });
  const { packages } = JSON.parse(await readFile(join(fresh, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { readonly resolved?: string }>>;
  };
  const ours = Object.entries(packages).filter(([path]) => path.includes('node_modules/@sluice/'));
  expect(ours.map(([path, { resolved }]) => [path, resolved]).sort()).toEqual(
    names.map((name) => [`node_modules/@sluice/${name}`, `file:vendor/${versioned(`sluice-${name}`)}`]),
  );
  // Temporal's packages hand each other types of protobufjs: with a copy each, no value of 32 kB can be written to a history.
  const copies = Object.keys(packages).filter((path) => path.endsWith('node_modules/protobufjs'));
  expect(copies).toContain('node_modules/protobufjs');
  expect(copies.filter((path) => path.includes('@temporalio/'))).toEqual([]);
});

test('a project made by the command of a project that carries its packages carries them too', async () => {
  const second = join(project.root, 'second');
  expect(await project.sluice('init', second)).toMatchObject({ exit: 0, err: '' });
  const { dependencies, overrides } = JSON.parse(await readFile(join(second, 'package.json'), 'utf8')) as {
    dependencies: unknown;
    overrides: unknown;
  };
  expect(dependencies).toMatchObject({ '@sluice/sdk': `file:vendor/${versioned('sluice-sdk')}` });
  expect(overrides).toMatchObject({ '@sluice/gateway': `file:vendor/${versioned('sluice-gateway')}` });
  expect((await readdir(join(second, 'vendor'))).sort()).toEqual((await readdir(join(project.root, 'vendor'))).sort());
  await rm(second, { recursive: true });
});

test('a Node that does not load TypeScript is told which one is needed', async () => {
  const main = join(project.root, 'node_modules/@sluice/cli/dist/main.js');
  const { exit, err } = await project.call(oldestNode, ['--no-experimental-strip-types', main, 'doctor']);
  expect(exit).toBe(1);
  expect(err).toContain('error UnsupportedNode  Sluice needs Node 22.18 or newer');
});

test('the types of the packages find what is right and what is wrong in a pipeline', async () => {
  const tsc = join(project.root, 'node_modules/.bin/tsc');
  expect(await project.call(tsc, [])).toMatchObject({ exit: 0, out: '' });
  const wrong = join(project.root, 'pipelines/wrong.ts');
  await writeFile(
    wrong,
    `import { defineConfig, deploy, pipeline, python, train } from '@sluice/sdk';
import { z } from 'zod';

export const wrong = pipeline({
  name: 'wrong',
  params: z.object({ steps: z.int() }),
  async run(params) {
    // @ts-expect-error a parameter that the schema does not have
    const hyper = { steps: params.stepps };
    const model = await train('fit', { run: python('trainers/train.py'), hyper });
    // @ts-expect-error a duration in words that nobody knows
    await deploy('rents', { model, gates: [], approval: { within: 'two moons' } });
    // @ts-expect-error a model is no name
    return deploy(model, { model, gates: [] });
  },
});

// @ts-expect-error a config without a project
export default defineConfig({ pipelines: [] });
`,
  );
  expect(await project.call(tsc, [])).toMatchObject({ exit: 0, out: '' });
});

test('a scaffolded pipeline goes from data to traffic on real servers', async () => {
  await edit('sluice.config.ts', '  mlflow: false,\n', '');
  await edit('pipelines/rents.ts', "hold: '10 seconds', bake: '10 seconds'", "hold: '1 second', bake: '1 second'");
  await edit('trainers/train.py', 'with sluice.step() as job:', 'print(sluice.__file__)\nwith sluice.step() as job:');
  expect(await project.sluice('doctor')).toMatchObject({ exit: 0 });
  const dev: DevProcess = await project.startDev();
  expect(dev.ready.mlflow).not.toBeNull();

  const asked = await project.sluice('run', 'rents', '--key', 'first', '--param', 'steps=400', '--wait=approval');
  expect(asked, asked.out).toMatchObject({ exit: 0, err: '' });
  const followed = project.sluice('status', 'rents/first', '--follow', '--json');
  expect(await project.sluice('approve', 'rents/first')).toMatchObject({ exit: 0 });
  const { exit, out } = await followed;
  expect(exit).toBe(0);
  expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toMatchObject({ type: 'finished', state: 'deployed' });

  const answer = await fetch(`${dev.ready.gateway.url}/rents/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dataframe_records: [{ size: 70 }] }),
  });
  expect(await answer.json()).toEqual({ predictions: [expect.any(Number)] });

  // The trainer's package is the one that the command carries.
  const logs = await project.sluice('logs', 'rents/first', 'fit');
  const carried = /^(\S+)\/@sluice\/cli\/dist\/trainer\/sluice\/__init__\.py$/m.exec(logs.out);
  expect(carried?.[1]?.startsWith(`${project.root}/node_modules/`)).toBe(true);

  expect(await dev.interrupt()).toBe(0);
  expect(processesIn(project.root)).toEqual([]);
  // No program needed a file of the checkout.
  const loaded = await project.loadedFiles();
  for (const part of ['cli/dist/main.js', 'cli/dist/dev/gateway-process.js', 'gateway/dist/worker.js']) {
    expect(loaded).toContainEqual(expect.stringContaining(`/@sluice/${part}`));
  }
  expect(loaded.filter((path) => !path.startsWith(`${project.root}/`))).toEqual([]);
});
