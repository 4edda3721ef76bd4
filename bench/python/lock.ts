/**
 * Writes `<name>.txt` from `<name>.in` for every system that Sluice is compared with, with a hash for every package:
 * `node bench/python/lock.ts [name …]`.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { ensureUv, findPython } from '../../packages/cli/src/python-env.ts';

const home = import.meta.dirname;
const all = readdirSync(home).filter((file) => file.endsWith('.in'));
const wanted = process.argv.slice(2);
const uv = await ensureUv(await findPython(), console.error);
for (const file of all) {
  const name = basename(file, '.in');
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const flags = ['--generate-hashes', '--universal', '--python-version', '3.11', '--no-emit-index-url', '--quiet'];
  const header = ['--custom-compile-command', `node bench/python/lock.ts ${name}`];
  execFileSync(uv, ['pip', 'compile', ...flags, ...header, file, '--output-file', `${name}.txt`], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(`bench/python/${name}.txt`);
}
