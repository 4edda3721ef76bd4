import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { templateFiles } from '../../../packages/cli/src/init/template.ts';
import type { Row } from './row.ts';

/** The folder of a row: a project as `sluice init` makes it, and the row's own files over it. */
export async function folderOf({ base = 'project', files = {} }: Row): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'sluice-bad-')));
  const template = base === 'empty' ? {} : templateFiles({ name: 'rents', sdk: '*', cli: '*', install: '' });
  for (const [path, content] of Object.entries({ ...template, ...files })) {
    const place = join(root, path);
    if (content === null) await rm(place, { recursive: true, force: true });
    else if (path.endsWith('/')) await mkdir(place, { recursive: true });
    else {
      await mkdir(dirname(place), { recursive: true });
      const plain = typeof content === 'string' || Buffer.isBuffer(content);
      await writeFile(place, plain ? content : JSON.stringify(content));
    }
  }
  return root;
}

/** Everything below a folder, by path, without the caches that a step may leave. */
export async function everythingIn(root: string, except: RegExp | null = null): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  return paths.filter((path) => except === null || !except.test(path)).sort();
}
