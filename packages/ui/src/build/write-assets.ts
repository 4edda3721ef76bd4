import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundledAssets } from './bundle.ts';

/** Part of the package's build: `node src/build/write-assets.ts FOLDER`. */
const [, , folder = 'dist/assets'] = process.argv;
for (const [path, bytes] of await bundledAssets()) {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}
