import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * Makes the package `create-sluice`: one file of what `sluice init` is made of. `SLUICE_TARBALLS` names a folder of
 * packed packages that it shall carry; left out, the projects it makes take them from the registry.
 */

const packages = join(import.meta.dirname, '../packages');
const dist = join(packages, 'create/dist');
await rm(dist, { recursive: true, force: true });
await build({
  entryPoints: [join(packages, 'cli/src/init/create.ts')],
  outfile: join(dist, 'create.js'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22.18',
  // `ms` is CommonJS that asks for nothing.
  logLevel: 'warning',
});
const tarballs = process.env.SLUICE_TARBALLS;
if (tarballs) {
  await mkdir(join(dist, 'packages'));
  for (const file of await readdir(tarballs)) {
    if (/^sluice-.*\.tgz$/.test(file)) await copyFile(join(tarballs, file), join(dist, 'packages', file));
  }
}
