import { existsSync, readFileSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileFailed } from '../errors/file-failed.ts';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { checkProjectName, slug } from '../init/project-name.ts';
import { templateFiles } from '../init/template.ts';
import { fileInTheWay, makeFolder } from '../make-folder.ts';
import type { Io } from './io.ts';

const ELSEWHERE = 'Name another folder: sluice init DIR';

/** `sluice init [DIR]` */
export async function initCommand(dir: string, options: { readonly name?: string }, io: Io): Promise<ExitCode> {
  const folder = resolve(dir);
  const name = options.name ?? slug(basename(folder));
  checkProjectName(name);
  const file = fileInTheWay(folder);
  if (file !== null) throw new UsageError(`${file} is a file; nothing was written.`, ELSEWHERE);
  const packages = dependencies(folder);
  const files = templateFiles({ name, ...packages });
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
async function writeAll(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
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
  if (/^[\p{L}\p{N}_./-]+$/u.test(path) && !path.startsWith('-')) return path;
  return `'${path.replaceAll("'", "'\\''")}'`;
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
