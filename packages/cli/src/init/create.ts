#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { initCommand } from '../commands/init.ts';
import { terminalIo } from '../commands/io.ts';
import { errorJson, renderError } from '../errors/render.ts';
import { UsageError } from '../errors.ts';
import { exitCodeOfError } from '../exit-code.ts';
import { paintFor } from '../follow/colours.ts';
import type { PackageSource } from './packages.ts';

/**
 * `npm create sluice`: what `sluice init` does, without the command's dependencies. Bundled into one file as the
 * package `create-sluice`, which carries the packed packages where no registry has them.
 */

const json = process.argv.includes('--json');
const usage = 'create-sluice [dir] [--name <name>] [--json]';
try {
  const { dir, name, help } = read(process.argv.slice(2));
  if (help) process.stdout.write(`Usage: ${usage}\n\nMakes a pipeline repository that runs, in the folder, or here.\n`);
  else process.exitCode = await initCommand(dir, name === undefined ? {} : { name }, terminalIo({ json }), source());
} catch (error) {
  if (json) process.stdout.write(`${JSON.stringify(errorJson(error))}\n`);
  else process.stderr.write(renderError(error, paintFor(process.stderr)));
  process.exitCode = exitCodeOfError(error);
}

function read(args: string[]): { readonly dir: string; readonly name: string | undefined; readonly help: boolean } {
  try {
    const options = { name: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (positionals.length > 1) throw new Error('One folder is made at a time.');
    return { dir: positionals[0] ?? '.', name: values.name, help: values.help === true };
  } catch (error) {
    // After the first sentence, Node tells how to write a folder that begins with a dash.
    throw new UsageError((error as Error).message.replace(/\. .*/s, '.'), `Usage: ${usage}`);
  }
}

/** The tarballs beside this program, else the registry that it came from itself. */
function source(): PackageSource {
  const folder = fileURLToPath(new URL('packages', import.meta.url));
  if (existsSync(folder)) return { kind: 'tarballs', folder };
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return { kind: 'registry', version };
}
