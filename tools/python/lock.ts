/**
 * Writes `<name>.txt` from `<name>.in` for every requirements file in `packages/cli/python`, with a hash for every
 * package: `node tools/python/lock.ts [name …]`. `<name>.excludes.txt` lists packages that are asked for but never
 * imported.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ensureUv, findPython } from '../../packages/cli/src/python-env.ts';

const home = join(import.meta.dirname, '../../packages/cli/python');
const all = readdirSync(home).filter((file) => file.endsWith('.in'));
const wanted = process.argv.slice(2);
const uv = await ensureUv(await findPython(), console.error);
for (const file of all) {
  const name = basename(file, '.in');
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const excludes = `${name}.excludes.txt`;
  const flags = ['--generate-hashes', '--universal', '--python-version', '3.11', '--no-emit-index-url', '--quiet'];
  const header = ['--custom-compile-command', `node tools/python/lock.ts ${name}`];
  const without = existsSync(`${home}/${excludes}`) ? ['--excludes', excludes] : [];
  execFileSync(uv, ['pip', 'compile', ...flags, ...header, ...without, file, '--output-file', `${name}.txt`], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(`packages/cli/python/${name}.txt`);
}
