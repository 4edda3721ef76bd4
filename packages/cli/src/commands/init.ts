import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkName } from '@sluice/sdk';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { stepNames, templateFiles } from '../init/template.ts';
import type { Io } from './io.ts';

/** `sluice init [DIR]` */
export async function initCommand(dir: string, options: { readonly name?: string }, io: Io): Promise<ExitCode> {
  const folder = resolve(dir);
  const name = options.name ?? slug(basename(folder));
  try {
    checkName('project', name);
  } catch (error) {
    throw new UsageError((error as Error).message, 'Give another one by --name.');
  }
  if (stepNames.includes(name)) {
    throw new UsageError(
      `The pipeline that is made has a step called "${name}" already.`,
      'Give another name by --name.',
    );
  }
  const packages = dependencies(folder);
  const files = templateFiles({ name, ...packages });
  await mkdir(folder, { recursive: true });
  const inTheWay = (await readdir(folder)).filter((entry) => entry !== '.git');
  const taken = Object.keys(files).filter((path) => existsSync(join(folder, path)));
  if (taken.length > 0) {
    throw new UsageError(`${folder} holds ${taken.join(', ')} already; nothing was written.`, 'Name an empty folder.');
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    // `wx`: a file that has appeared since is not overwritten.
    await writeFile(join(folder, path), text, { flag: 'wx' });
  }
  io.object({ type: 'init', at: Date.now(), folder, name, files: Object.keys(files) });
  io.line(`Made ${io.paint('name', name)} in ${folder}${inTheWay.length > 0 ? ', beside what was there' : ''}.`);
  for (const path of Object.keys(files)) io.line(`  ${path}`);
  const here = relative(process.cwd(), folder);
  io.line();
  io.line(`Next: ${here === '' ? '' : `cd ${here}; `}${packages.install}; npx sluice dev`);
  return ExitCode.done;
}

/** Published packages by their version; from a checkout, the checkout's own packages. */
function dependencies(folder: string): { sdk: string; cli: string; install: string } {
  const cli = fileURLToPath(new URL('../..', import.meta.url));
  const version = (JSON.parse(readFileSync(join(cli, 'package.json'), 'utf8')) as { version: string }).version;
  const sdk = join(cli, '../sdk');
  const inCheckout = import.meta.url.endsWith('.ts') && existsSync(join(sdk, 'package.json'));
  if (!inCheckout) return { sdk: `^${version}`, cli: `^${version}`, install: 'npm install' };
  // npm has no links to a folder; pnpm does, and runs the checkout as it is.
  const install = 'npx -y pnpm@12.21.0 install';
  return { sdk: `link:${relative(folder, sdk)}`, cli: `link:${relative(folder, cli)}`, install };
}

function slug(text: string): string {
  const words = text
    .toLowerCase()
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+|-+$/gu, '');
  return words === '' ? 'pipelines' : words.slice(0, 60);
}
