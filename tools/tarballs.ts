import { spawn } from 'node:child_process';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';

/**
 * Builds and packs every package into one folder, and `create-sluice`, which carries the others: handed to somebody,
 * that one file makes a project that installs although no registry has the packages. See docs/install.md.
 */

const checkout = join(import.meta.dirname, '..');
const folder = resolve(process.argv[2] ?? join(checkout, 'tarballs'));

await mkdir(folder, { recursive: true });
for (const file of await readdir(folder)) {
  // Of another version, they would be carried too.
  if (/^(create-)?sluice-.*\.tgz$/.test(file)) await rm(join(folder, file));
}
await pack(['--filter', './packages/*', '--filter', '!create-sluice']);
await pack(['--filter', 'create-sluice'], { SLUICE_TARBALLS: folder });

for (const file of (await readdir(folder)).filter((name) => name.endsWith('.tgz'))) {
  const { size } = await stat(join(folder, file));
  console.log(`${String(Math.ceil(size / 1024)).padStart(6)} kB  ${relative(process.cwd(), join(folder, file))}`);
}
const create = (await readdir(folder)).find((name) => name.startsWith('create-sluice-'));
// `file:`, because npx takes a bare path to be the program itself.
console.log(`\nA project of them, on any machine: npx file:${join(folder, create ?? '')} my-pipelines`);

/** pnpm, because only it puts `publishConfig` in place. What it prints is shown when it fails. */
async function pack(which: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const args = ['-y', 'pnpm@12.21.0', '-r', ...which, 'pack', '--pack-destination', folder];
  const child = spawn('npx', args, {
    cwd: checkout,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const code = await new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', done);
  });
  if (code === 0) return;
  process.stderr.write(Buffer.concat(said));
  throw new Error(`Packing failed (${code}); see above.`);
}
