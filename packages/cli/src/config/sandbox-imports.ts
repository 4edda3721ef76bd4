import { readFileSync } from 'node:fs';
import { dirname, extname, relative, resolve } from 'node:path';
import { InvalidConfigError } from '../errors.ts';
import { isForbidden } from './forbidden.ts';
import { importsOf } from './imports.ts';
import type { LoadedConfig } from './load-config.ts';
import { pipelineFiles } from './load-pipelines.ts';

/** An import that no pipeline can have: its code runs in Temporal's sandbox, which has no Node. */
export interface ForbiddenImport {
  /** Absolute path of the file that imports it. */
  readonly file: string;
  readonly line: number;
  readonly specifier: string;
}

/**
 * The files of a project that a pipeline file is made of, itself first, and what they import that Temporal's sandbox
 * does not have. Packages are not looked into.
 */
export function sandboxFiles(entry: string): {
  readonly files: readonly string[];
  readonly forbidden: readonly ForbiddenImport[];
} {
  const files = [entry];
  const forbidden: ForbiddenImport[] = [];
  for (const file of files) {
    for (const { specifier, line } of importsOf(textOf(file))) {
      if (isForbidden(specifier)) forbidden.push({ file, line, specifier });
      if (!/^\.{1,2}\//.test(specifier) || !/^\.[cm]?[jt]s$/.test(extname(specifier))) continue;
      const imported = resolve(dirname(file), specifier);
      if (!files.includes(imported)) files.push(imported);
    }
  }
  return { files, forbidden };
}

/** Pipeline files that no run can be made of, each with why. The others are served all the same. */
export function unfitPipelines(loaded: Pick<LoadedConfig, 'root' | 'config'>): ReadonlyMap<string, InvalidConfigError> {
  const unfit = new Map<string, InvalidConfigError>();
  for (const file of pipelineFiles(loaded)) {
    const [first] = sandboxFiles(file).forbidden;
    if (first !== undefined) unfit.set(file, forbiddenImport(loaded.root, first));
  }
  return unfit;
}

/** @param through what the sandbox does not have, where that is imported by what the file imports */
export function forbiddenImport(
  root: string,
  { file, line, specifier }: ForbiddenImport,
  through: string | null = null,
): InvalidConfigError {
  const place = `${relative(root, file)}:${line}`;
  const what = through === null || through === specifier ? '' : `, which needs ${through}`;
  return new InvalidConfigError(
    `${file}:${line}`,
    [`${place} imports ${specifier}${what}: a pipeline cannot, because its code runs where no Node is.`],
    `Take the import out of ${relative(root, file)}. What needs ${specifier} belongs into a step: a trainer, or a program that step(…) runs.`,
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // to load it says why
  }
}
