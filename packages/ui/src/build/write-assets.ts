import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { bundledAssets } from './bundle.ts';

/** Part of the package's build, after tsc, so that any Node can run it: `node dist/build/write-assets.js SOURCE FOLDER`. */
const [, , source = 'src', folder = 'dist/assets'] = process.argv;
for (const [path, bytes] of await bundledAssets(resolve(source))) {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}
