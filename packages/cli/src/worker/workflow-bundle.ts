import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { atomicWrite } from '../atomic-write.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { pipelineFiles } from '../config/load-pipelines.ts';
import { unfitPipelines } from '../config/sandbox-imports.ts';
import { programPath } from '../dev/node-child.ts';
import { bundleFailed } from './bundle-failed.ts';
import type { BundleAnswer, Bundled, BundleOrder } from './bundle-process.ts';

/** What a bundle was made of: it is used again while all of it is the same. */
interface Manifest {
  /** Digest by absolute path. */
  readonly files: Readonly<Record<string, string>>;
}

export interface WorkflowBundle {
  /** Absolute path of the bundle. */
  readonly codePath: string;
  /** Digest of every file that went into it, by absolute path. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * The project's workflow code as one file, `<root>/.sluice/workflows/<digest>.cjs`. Bundling takes seconds, so a
 * bundle is kept while every file that went into it is unchanged; two that build at once publish the same bytes.
 * Pipeline files that import what the sandbox does not have are left out: `unfitPipelines` names them.
 *
 * @throws SluiceError `InvalidConfig` when none is left, or when a package that one imports needs Node.
 */
export async function workflowBundle(loaded: LoadedConfig): Promise<WorkflowBundle> {
  const folder = join(loaded.root, '.sluice', 'workflows');
  const unfit = unfitPipelines(loaded);
  const pipelines = pipelineFiles(loaded).filter((file) => !unfit.has(file));
  const [firstUnfit] = unfit.values();
  if (pipelines.length === 0 && firstUnfit !== undefined) throw firstUnfit;
  const entry = entrySource(pipelines, loaded.root);
  const preload = zodFiles(pipelines);
  const name = digestOf(`${workerVersion()}\n${preload.join()}\n${entry}`).slice(0, 24);
  const manifestPath = join(folder, `${name}.json`);
  const known = await readManifest(manifestPath);
  if (known !== null) {
    const codePath = join(folder, `${digestOfManifest(name, known)}.cjs`);
    if (existsSync(codePath) && (await areUnchanged(known.files))) return { codePath, files: known.files };
  }
  const entryPath = join(folder, `${name}.entry.ts`);
  await atomicWrite(entryPath, entry);
  const { code, manifest } = await bundleAtRest(entryPath, preload, loaded);
  const codePath = join(folder, `${digestOfManifest(name, manifest)}.cjs`);
  await atomicWrite(codePath, code);
  await atomicWrite(manifestPath, JSON.stringify(manifest));
  await removeOld(folder, codePath);
  return { codePath, files: manifest.files };
}

/** Bundles again when a file was saved meanwhile: the digests must be of what went in. */
async function bundleAtRest(entryPath: string, preload: string[], loaded: LoadedConfig) {
  for (;;) {
    const began = Date.now();
    const { code, files } = await bundle(entryPath, preload, loaded);
    const sources = files.filter((file) => file !== entryPath);
    const manifest: Manifest = { files: await digestsOf(sources) };
    // Nobody edits what is installed, and installing elsewhere touches it: package managers link one file to many places.
    const own = Object.keys(manifest.files).filter((file) => !file.includes(`${sep}node_modules${sep}`));
    const times = await Promise.all(own.map((file) => stat(file).catch(() => null)));
    // A file with a time in the future was not saved meanwhile.
    const saved = times.some((time) => time !== null && time.ctimeMs >= began && time.ctimeMs <= Date.now());
    if (!saved) return { code, manifest };
  }
}

const DAY = 24 * 60 * 60 * 1000;

/** Bundles that are kept at most: of a day with a thousand saves they would be gigabytes. */
const KEPT = 30;

/** Bundles are a few megabytes each; workers read theirs when they start. */
async function removeOld(folder: string, keep: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.cjs') && join(folder, name) !== keep);
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return { path, at: (await stat(path).catch(() => null))?.mtimeMs ?? 0 };
    }),
  );
  found.sort((a, b) => b.at - a.at);
  const old = found.filter(({ at }, index) => index >= KEPT || Date.now() - at > DAY);
  await Promise.all(old.map(({ path }) => rm(path, { force: true })));
}

/**
 * The module that the bundle starts from. It exports the dispatcher only: an export of a pipeline's own name would be
 * taken for the workflow of that type, and run without a runtime.
 */
export function entrySource(files: readonly string[], root: string): string {
  const lines = ["import { projectAt, sluiceWorkflows } from '@sluice/workflows';"];
  files.forEach((file, index) => {
    lines.push(`import * as m${index} from ${JSON.stringify(file)};`);
  });
  lines.push(`projectAt(${JSON.stringify(root)});`);
  lines.push(`export default sluiceWorkflows(${files.map((_, index) => `m${index}`).join(', ')});`);
  return `${lines.join('\n')}\n`;
}

async function bundle(entryPath: string, preload: string[], { root, path }: LoadedConfig): Promise<Bundled> {
  const alias = ourPackages();
  const interceptors = [alias['@sluice/workflows$']];
  const answer = await bundleElsewhere({ entryPath, interceptors, preload, alias, fallback: fallbackFolders() });
  if (answer.ok) return answer;
  throw bundleFailed(root, path, answer);
}

/**
 * Sluice's packages and Temporal's come from where the command is installed, whatever the pipeline repository holds:
 * two copies of the runtime in one sandbox would not see each other.
 */
function ourPackages() {
  const here = createRequire(import.meta.url);
  const workflows = here.resolve('@sluice/workflows');
  const fromWorkflows = createRequire(workflows);
  return {
    '@sluice/workflows$': workflows,
    '@sluice/sdk$': here.resolve('@sluice/sdk'),
    '@temporalio/workflow': packageFolder(fromWorkflows, '@temporalio/workflow'),
    '@temporalio/common': packageFolder(fromWorkflows, '@temporalio/common'),
  };
}

/** In a process of its own: webpack would leave this one some 280 MB larger for the rest of its life. */
function bundleElsewhere(order: BundleOrder): Promise<BundleAnswer> {
  return new Promise((done, failed) => {
    const child = fork(programPath('worker/bundle-process'), [JSON.stringify(order)], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('message', (answer) => done(answer as BundleAnswer));
    child.once('error', failed);
    child.once('exit', (code, signal) => failed(new Error(`The bundler ended with ${signal ?? `exit code ${code}`}.`)));
  });
}

/**
 * The copies of zod that the pipelines import. They are preloaded: shared by all runs of a worker process and frozen,
 * which saves 0.7 MB for each run that the worker keeps in memory (measured with 200; unchanged in time).
 */
function zodFiles(pipelines: readonly string[]): string[] {
  const found = pipelines.flatMap((file) => {
    try {
      return [join(packageFolder(createRequire(file), 'zod'), 'index.js')];
    } catch {
      return fallbackFolders().map((folder) => join(folder, 'zod', 'index.js'));
    }
  });
  return [...new Set(found)].filter((file) => existsSync(file)).sort();
}

function packageFolder(require: NodeJS.Require, name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}

/** `zod` for a pipeline repository that has not installed it. */
function fallbackFolders(): string[] {
  const zod = dirname(createRequire(import.meta.url).resolve('zod/package.json'));
  return [dirname(zod)];
}

function workerVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('@temporalio/worker/package.json') as { version: string }).version;
}

async function readManifest(path: string): Promise<Manifest | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Manifest;
  } catch {
    return null;
  }
}

/** Is every file still as it was? */
export async function areUnchanged(files: Manifest['files']): Promise<boolean> {
  try {
    const now = await digestsOf(Object.keys(files));
    return Object.entries(files).every(([file, digest]) => now[file] === digest);
  } catch {
    return false;
  }
}

/** Digest of every file that is there, by path. */
export async function digestsOf(files: readonly string[]): Promise<Record<string, string>> {
  const entries = await Promise.all(
    [...files].sort().map(async (file) => {
      const text = await readFile(file).catch(() => null);
      return text === null ? null : ([file, digestOf(text)] as const);
    }),
  );
  return Object.fromEntries(entries.filter((entry) => entry !== null));
}

function digestOfManifest(name: string, manifest: Manifest): string {
  return `${name}-${digestOf(JSON.stringify(manifest.files)).slice(0, 24)}`;
}

/** Of what a file holds, as {@link digestsOf} has it. */
export function digestOf(value: string | Buffer): string {
  return createHash('sha256').update(value).digest('hex');
}
