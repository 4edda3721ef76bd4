import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of a Chromium for the tests of the UI; Debian's package is installed where there is none and we may. */
export async function findChromium(log: (line: string) => void = () => {}): Promise<string> {
  const found = await firstThere();
  if (found !== null) return found;
  if (process.getuid?.() !== 0) {
    throw new Error(
      'The tests of the UI need Chromium. Install it (Debian: sudo apt-get install chromium) and run them again.',
    );
  }
  log('installing Chromium from Debian (once)');
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 * 1024 * 1024 };
  await run('apt-get', ['update', '-qq'], options);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options);
  const installed = await firstThere();
  if (installed === null) throw new Error('apt-get installed Chromium, but it is not at any of the usual places.');
  return installed;
}

async function firstThere(): Promise<string | null> {
  for (const place of [process.env.CHROMIUM_PATH ?? '', ...places]) {
    if (place === '') continue;
    const there = await access(place).then(
      () => true,
      () => false,
    );
    if (there) return place;
  }
  return null;
}
