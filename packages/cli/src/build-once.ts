import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFolder } from './make-folder.ts';

/** A build whose heartbeat is older than this is dead, ms. */
const STALE = 15_000;
const BEAT = 2_000;
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/**
 * Gives a directory that `build` has filled, building it only when there is none. Every builder fills a directory of
 * its own, in place (a Python environment cannot be moved), and publishes it by one atomic link: the first one wins, so
 * builders that meet, in one process or many, cannot break each other's work and a killed one leaves nothing behind
 * that could be taken for whole. Heartbeats only spare double work: who sees a live build that began earlier waits.
 *
 * @param home directory that holds the builds of one thing
 * @param build fills an empty directory; what it throws is thrown on
 * @param usable says if a finished build still works, for example after its base interpreter was removed
 */
export async function buildOnce(
  home: string,
  build: (directory: string) => Promise<void>,
  options: { usable?: (directory: string) => Promise<boolean>; onWait?: () => void } = {},
): Promise<string> {
  makeFolder(home);
  const usable = options.usable ?? (async () => true);
  const found = await published(home, usable);
  if (found) return found;

  const name = `build-${Date.now().toString(36)}-${HOST}-${process.pid}-${randomBytes(4).toString('hex')}`;
  const beat = join(home, `${name}.beat`);
  await writeFile(beat, '');
  const beating = setInterval(() => void utimes(beat, new Date(), new Date()).catch(() => {}), BEAT);
  try {
    let waited = false;
    for (;;) {
      const done = await published(home, usable);
      if (done) return done;
      const living = await sweep(home);
      if (living[0] === undefined || living[0] >= name) break;
      if (!waited) options.onWait?.();
      waited = true;
      await delay(250);
    }
    const directory = join(home, name);
    try {
      await mkdir(directory);
      await build(directory);
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
    if (await stat(beat).catch(() => null)) return await publish(home, name, usable);
    // This process was stopped for so long that others took it for dead and swept its work away.
    return await buildOnce(home, build, options);
  } finally {
    clearInterval(beating);
    await rm(beat, { force: true });
  }
}

async function published(home: string, usable: (directory: string) => Promise<boolean>): Promise<string | null> {
  const name = await readFile(join(home, 'current'), 'utf8').catch(() => null);
  if (name === null) return null;
  const directory = join(home, name);
  if ((await stat(directory).catch(() => null))?.isDirectory() && (await usable(directory))) return directory;
  await rm(join(home, 'current'), { force: true });
  return null;
}

async function publish(home: string, name: string, usable: (directory: string) => Promise<boolean>): Promise<string> {
  const marker = join(home, `${name}.marker`);
  await writeFile(marker, name);
  try {
    for (;;) {
      try {
        await link(marker, join(home, 'current'));
        return join(home, name);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const winner = await published(home, usable);
        if (winner === null) continue;
        if (winner !== join(home, name)) await rm(join(home, name), { recursive: true, force: true });
        return winner;
      }
    }
  } finally {
    await rm(marker, { force: true });
  }
}

/** Removes what killed builders left; returns the names of the living, oldest first. */
async function sweep(home: string): Promise<string[]> {
  const entries = await readdir(home);
  const living: string[] = [];
  for (const entry of entries.filter((name) => name.endsWith('.beat'))) {
    const name = entry.slice(0, -'.beat'.length);
    const at = await stat(join(home, entry)).catch(() => null);
    if (at === null) continue;
    if (Date.now() - at.mtimeMs < STALE && alive(name)) living.push(name);
    else await rm(join(home, entry), { force: true });
  }
  const current = await readFile(join(home, 'current'), 'utf8').catch(() => null);
  for (const entry of entries) {
    const name = entry.replace(/\.marker$/, '');
    if (!/^build-/.test(name) || entry.endsWith('.beat') || name === current || living.includes(name)) continue;
    if (entries.includes(`${name}.beat`) && (await stat(join(home, `${name}.beat`)).catch(() => null))) continue;
    await rm(join(home, entry), { recursive: true, force: true });
  }
  return living.sort();
}

/** A builder on this machine that is gone has no process; one on another machine only its heartbeat tells of. */
function alive(name: string): boolean {
  const [, , host, pid] = name.split('-');
  if (host !== HOST) return true;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
