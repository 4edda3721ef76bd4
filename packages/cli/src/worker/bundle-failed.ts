import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { isForbidden } from '../config/forbidden.ts';
import { importsOf } from '../config/imports.ts';
import { forbiddenImport } from '../config/sandbox-imports.ts';
import { InvalidConfigError } from '../errors.ts';
import type { BundleAnswer } from './bundle-process.ts';

/** Why pipelines cannot be bundled: file, line and import, and no word of the bundler where these are known. */
export function bundleFailed(
  root: string,
  config: string,
  { why, faults }: Extract<BundleAnswer, { readonly ok: false }>,
): InvalidConfigError {
  // What cannot be had at all comes first: a module that is merely not installed may be wanted by it.
  const [fault] = [...faults].sort((a, b) => Number(isForbidden(b.through)) - Number(isForbidden(a.through)));
  if (fault === undefined) {
    return new InvalidConfigError(
      config,
      [`the pipelines cannot be bundled for Temporal's sandbox: ${summary(why)}`],
      'A pipeline file may import @sluice/sdk, zod and code without Node modules; move everything else into steps.',
    );
  }
  const { file, specifier, through } = fault;
  const line = lineOf(file, specifier);
  if (isForbidden(through)) return forbiddenImport(root, { file, line, specifier }, through);
  const needs = through === specifier ? '' : `, which needs ${through}`;
  return new InvalidConfigError(
    `${file}:${line}`,
    [`${relative(root, file)}:${line} imports ${specifier}${needs}, and that is not there.`],
    'Install it, or correct the import.',
  );
}

function lineOf(file: string, specifier: string): number {
  try {
    return importsOf(readFileSync(file, 'utf8')).find((one) => one.specifier === specifier)?.line ?? 1;
  } catch {
    return 1;
  }
}

/** The bundler's own words: errors without their stacks, no longer than a paragraph. */
function summary(why: string): string {
  const lines = stripVTControlCharacters(why).split('\n');
  const first = Math.max(
    0,
    lines.findIndex((line) => line.startsWith('ERROR in ')),
  );
  const words = lines.slice(first).filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  return words.slice(0, 6).join('\n').slice(0, 600);
}
