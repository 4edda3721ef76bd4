import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Installs what tests need of Debian and this machine has not, where we may. @param programs by their packages' names */
export async function installed(programs: readonly string[], log: (line: string) => void = () => {}): Promise<void> {
  const missing: string[] = [];
  for (const program of programs) if (!(await onPath(program))) missing.push(program);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    const names = missing.join(' ');
    throw new Error(`The tests of the terminal need ${names}. Install them (Debian: sudo apt-get install ${names}).`);
  }
  log(`installing ${missing.join(', ')} from Debian (once)`);
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 * 1024 * 1024 };
  await run('apt-get', ['update', '-qq'], options);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], options);
}

async function onPath(program: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    const there = await access(join(folder, program)).then(
      () => true,
      () => false,
    );
    if (there) return true;
  }
  return false;
}
