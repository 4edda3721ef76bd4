import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { checkName } from '@sluice/sdk';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { ownSource, type PackageSource, packageReferences } from '../init/packages.ts';
import { stepNames, templateFiles } from '../init/template.ts';
import type { Io } from './io.ts';

/** `sluice init [DIR]`; the new project takes Sluice's packages from `source`. */
export async function initCommand(
  dir: string,
  options: { readonly name?: string },
  io: Io,
  source: PackageSource = ownSource(),
): Promise<ExitCode> {
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
  const packages = packageReferences(source, folder);
  const files = { ...templateFiles({ name, ...packages }), ...packages.files };
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

function slug(text: string): string {
  const words = text
    .toLowerCase()
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+|-+$/gu, '');
  return words === '' ? 'pipelines' : words.slice(0, 60);
}
