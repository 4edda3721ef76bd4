import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SluiceConfig } from '@sluice/sdk';
import { loadFailed } from '../errors/load-failed.ts';
import { InvalidConfigError } from '../errors.ts';
import { MAKE_LOCK } from '../install-advice.ts';
import { findConfig } from './find-config.ts';
import { useOneSdk } from './one-sdk.ts';
import { findPipelineFiles } from './pipeline-patterns.ts';
import { problemsOf } from './problems.ts';
import { crossCheck, type ResolvedConfig, resolveConfig } from './resolved-config.ts';
import { configSchema } from './schema.ts';

export interface LoadedConfig {
  /** Absolute path of the config file. */
  readonly path: string;
  /** Its folder; relative paths in it are relative to this. */
  readonly root: string;
  /** `pipelines` lists files: patterns have been followed. */
  readonly config: ResolvedConfig;
  /** Pipeline files that a pattern found: they may as well be helpers. @default none */
  readonly matched?: readonly string[];
}

/**
 * Finds, imports and checks the project's config.
 *
 * @throws SluiceError `InvalidConfig` with every problem by path.
 */
export async function loadConfig(
  options: { readonly cwd?: string; readonly file?: string } = {},
): Promise<LoadedConfig> {
  const path = findConfig(options.cwd ?? process.cwd(), options.file);
  const root = dirname(path);
  const value = await importConfig(path);
  const config = checkConfig(value, path);
  const { files, matched, problems } = findPipelineFiles(root, config.pipelines);
  const missing = missingFiles(config, root);
  const all = [...problems, ...missing];
  if (all.length > 0) throw new InvalidConfigError(path, all, missing.length > 0 ? MAKE_LOCK : undefined);
  return { path, root, config: { ...config, pipelines: files }, matched };
}

/**
 * Checks a value that claims to be a config and fills in its defaults.
 *
 * @throws SluiceError `InvalidConfig`
 */
export function checkConfig(value: unknown, path: string): ResolvedConfig {
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) throw new InvalidConfigError(path, problemsOf(configSchema, parsed.error.issues));
  const config = value as SluiceConfig;
  const problems = crossCheck(config);
  if (problems.length > 0) throw new InvalidConfigError(path, problems);
  return resolveConfig(config);
}

async function importConfig(path: string): Promise<unknown> {
  useOneSdk();
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(path).href);
  } catch (error) {
    throw loadFailed(path, error);
  }
  if (module.default !== undefined) return module.default;
  throw new InvalidConfigError(path, ['it has no default export'], 'Write: export default defineConfig({ … })');
}

function missingFiles({ python }: ResolvedConfig, root: string): string[] {
  if (python === undefined || !('requirements' in python)) return [];
  if (existsSync(resolve(root, python.requirements))) return [];
  return [`python.requirements: there is no file ${python.requirements}`];
}
