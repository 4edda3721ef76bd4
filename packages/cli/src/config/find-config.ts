import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ErrorCode, SluiceError } from '@sluice/sdk';

const names = ['sluice.config.ts', 'sluice.config.mts', 'sluice.config.js', 'sluice.config.mjs'];

/**
 * Path of the project's config: `file` if given, else the first `sluice.config.*` from `from` upward.
 *
 * @throws SluiceError `NotFound`
 */
export function findConfig(from: string, file?: string): string {
  if (file !== undefined) {
    const path = resolve(from, file);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw missing(path, `The config that --config gives, ${path}, is a folder.`);
    }
    if (existsSync(path)) return path;
    throw missing(path, 'There is no config file at the path given by --config.');
  }
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    for (const name of names) {
      const path = join(folder, name);
      if (existsSync(path)) return path;
    }
    if (dirname(folder) === folder) break;
  }
  throw missing(from, 'No sluice.config.ts here or in any folder above.');
}

function missing(where: string, message: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidConfig, message, {
    where,
    fix: 'Change into a pipeline repository, name its config by --config, or make one: sluice init my-pipelines',
  });
}
