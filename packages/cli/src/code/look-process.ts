/** Program that loads and bundles a project's code for `lookAtCode`: path of the config as its argument. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { enableCompileCache, registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir } from '../cache-dir.ts';
import type { CodeLook, CodeProblem } from './look-at-code.ts';

enableCompileCache(join(cacheDir(), 'node'));
process.on('disconnect', () => process.exit(1));

/**
 * Digest of each file of the project that Node has tried to load, from before it was: a file that is saved meanwhile is
 * another one then, and is looked at again.
 */
const sources: Record<string, string> = {};

const [
  { loadConfig },
  { loadPipelines },
  { unfitPipelines },
  { digestOf: digestOfFile, workflowBundle },
  { describeError, SluiceError },
] = await Promise.all([
  import('../config/load-config.ts'),
  import('../config/load-pipelines.ts'),
  import('../config/sandbox-imports.ts'),
  import('../worker/workflow-bundle.ts'),
  import('@sluice/sdk'),
]);
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:') && !url.includes('/node_modules/')) seen(fileURLToPath(url));
    return next(url, context);
  },
});
const look = await lookHere(process.argv[2] ?? '');
process.send?.(look, () => process.exit(0));

async function lookHere(configPath: string): Promise<CodeLook> {
  seen(configPath);
  try {
    const loaded = await loadConfig({ file: configPath });
    const bundling = workflowBundle(loaded);
    bundling.catch(() => {});
    // Of both that fail, loading says it more plainly.
    await loadPipelines(loaded);
    const { codePath, files } = await bundling;
    return {
      ok: true,
      path: codePath,
      unfit: [...unfitPipelines(loaded).values()].map(problemOf),
      sources: asOne(files, sources),
      settings: Object.fromEntries(Object.entries(loaded.config).map(([name, value]) => [name, digestOf(value)])),
    };
  } catch (error) {
    return { ok: false, problem: problemOf(error), sources };
  }
}

/** A file that was bundled as one thing and loaded as another was saved in between: its digest fits nothing. */
function asOne(bundled: Readonly<Record<string, string>>, loaded: Readonly<Record<string, string>>) {
  const both = { ...bundled, ...loaded };
  for (const [file, digest] of Object.entries(loaded)) {
    if (bundled[file] !== undefined && bundled[file] !== digest) both[file] = 'saved meanwhile';
  }
  return both;
}

function seen(file: string): void {
  try {
    sources[file] ??= digestOfFile(readFileSync(file));
  } catch {
    // it is not there: to load it says so
  }
}

function problemOf(error: unknown): CodeProblem {
  const { code, where, fix } = error instanceof SluiceError ? error : { code: 'InvalidConfig', where: null, fix: null };
  return { code, message: describeError(error), where: where ?? null, fix: fix ?? null };
}

function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('hex')
    .slice(0, 16);
}
