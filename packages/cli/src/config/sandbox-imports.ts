import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, extname, relative, resolve } from 'node:path';
import { InvalidConfigError } from '../errors.ts';
import { importsOf } from './imports.ts';

/** An import that no pipeline can have: its code runs in Temporal's sandbox, which has no Node. */
export interface ForbiddenImport {
  /** Absolute path of the file that imports it. */
  readonly file: string;
  readonly line: number;
  readonly specifier: string;
}

/** Built-in modules that Temporal's sandbox has, in part. */
const inSandbox = /^(?:node:)?(?:assert|url|util)(?:\/|$)/;
const ofWorkers = /^@temporalio\/(?:activity|client|worker|testing|core-bridge)(?:\/|$)/;

/** Cannot be in a pipeline, whatever file imports it. */
export function isForbidden(specifier: string): boolean {
  return (isBuiltin(specifier) && !inSandbox.test(specifier)) || ofWorkers.test(specifier);
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
