import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileFailed } from '../errors/file-failed.ts';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { ownSource, type PackageSource, packageReferences } from '../init/packages.ts';
import { checkProjectName, slug } from '../init/project-name.ts';
import { templateFiles } from '../init/template.ts';
import { fileInTheWay, makeFolder } from '../make-folder.ts';
import type { Io } from './io.ts';

const ELSEWHERE = 'Name another folder: sluice init DIR';

/** `sluice init [DIR]`; the new project takes Sluice's packages from `source`. */
export async function initCommand(
  dir: string,
  options: { readonly name?: string },
  io: Io,
  source: PackageSource = ownSource(),
): Promise<ExitCode> {
  const folder = resolve(dir);
  const name = options.name ?? slug(basename(folder));
  checkProjectName(name);
  const file = fileInTheWay(folder);
  if (file !== null) throw new UsageError(`${file} is a file; nothing was written.`, ELSEWHERE);
  const packages = packageReferences(source, folder);
  const files = { ...templateFiles({ name, ...packages }), ...packages.files };
  const there = await readdir(folder).catch(() => []);
  const taken = Object.keys(files).filter((path) => existsSync(join(folder, path)));
  if (taken.length > 0) {
    throw new UsageError(`${folder} holds ${taken.join(', ')} already; nothing was written.`, 'Name an empty folder.');
  }
  await writeAll(folder, files);
  io.object({ type: 'init', at: Date.now(), folder, name, files: Object.keys(files) });
  const beside = there.some((entry) => entry !== '.git') ? ', beside what was there' : '';
  io.line(`Made ${io.paint('name', name)} in ${folder}${beside}.`);
  for (const path of Object.keys(files)) io.line(`  ${path}`);
  const here = relative(process.cwd(), folder);
  io.line();
  io.line(`Next: ${here === '' ? '' : `cd ${quoted(here)}; `}${packages.install}; npx sluice dev`);
  return ExitCode.done;
}

/** Writes all of it, or leaves nothing behind. */
async function writeAll(folder: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  const made: string[] = [];
  try {
    for (const [path, text] of Object.entries(files)) {
      const place = join(folder, path);
      const top = makeFolder(dirname(place));
      if (top !== null) made.push(top);
      // `wx`: a file that has appeared since is not overwritten.
      await writeFile(place, text, { flag: 'wx' });
      made.push(place);
    }
  } catch (error) {
    for (const path of made.reverse()) await rm(path, { recursive: true, force: true }).catch(() => {});
    const wrote = (error as NodeJS.ErrnoException).syscall === 'mkdir' ? 'made' : 'written';
    throw fileFailed(error, ELSEWHERE, wrote) ?? error;
  }
}

/** As a shell takes it for one word. */
function quoted(path: string): string {
  // Quotes would not keep `cd` from taking it for an option.
  const word = path.startsWith('-') ? `./${path}` : path;
  return /^[\p{L}\p{N}_./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
