import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { cacheDir } from '../cache-dir.ts';
import { makeFolder } from '../make-folder.ts';
import { isAlive } from './process-info.ts';

/** The newest tag that `go install` builds, web UI included. */
export const TEMPORAL_CLI = '1.5.1';

export interface TemporalBinary {
  readonly path: string;
  readonly from: 'environment' | 'path' | 'cache' | 'built';
}

export interface FindTemporalOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Called once when it has to be built, and when another process is building it. */
  readonly onProgress?: (line: string) => void;
}

/**
 * The `temporal` program: `SLUICE_TEMPORAL`, else one on the PATH, else the cached one, else built by Go into the
 * cache (five minutes of processor time, once). Several processes may ask at once: one builds.
 *
 * @throws SluiceError `CommandNotFound` saying what to install.
 */
export async function findTemporal(options: FindTemporalOptions = {}): Promise<TemporalBinary> {
  const env = options.env ?? process.env;
  const present = presentTemporal(env);
  if (present !== null) return present;
  const go = onPath('go', env);
  if (go === null) throw noTemporal('there is no Go either to build it with', env);
  return build(go, env, options.onProgress ?? (() => {}));
}

/** A `temporal` that needs no building; null when there is none. */
export function presentTemporal(env: NodeJS.ProcessEnv = process.env): TemporalBinary | null {
  if (env.SLUICE_TEMPORAL) {
    if (isProgram(env.SLUICE_TEMPORAL)) return { path: env.SLUICE_TEMPORAL, from: 'environment' };
    throw new SluiceError(ErrorCode.CommandNotFound, 'SLUICE_TEMPORAL names no program.', {
      where: env.SLUICE_TEMPORAL,
      fix: 'Correct it, or unset it.',
    });
  }
  const found = onPath('temporal', env);
  if (found !== null) return { path: found, from: 'path' };
  const cached = cachedPath(env);
  return isProgram(cached) ? { path: cached, from: 'cache' } : null;
}

/** First program of that name on the PATH. */
export function onPath(name: string, env: NodeJS.ProcessEnv = process.env): string | null {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (folder !== '' && isProgram(join(folder, name))) return join(folder, name);
  }
  return null;
}

function cachedPath(env: NodeJS.ProcessEnv): string {
  return join(cacheDir(env), 'temporal', `cli-${TEMPORAL_CLI}`, 'temporal');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function build(go: string, env: NodeJS.ProcessEnv, tell: (line: string) => void): Promise<TemporalBinary> {
  const target = cachedPath(env);
  const folder = join(cacheDir(env), 'temporal');
  makeFolder(join(folder, `cli-${TEMPORAL_CLI}`));
  const lock = join(folder, `cli-${TEMPORAL_CLI}.lock`);
  const release = await takeLock(lock, () => tell('Another process is building the Temporal server; waiting for it.'));
  try {
    if (isProgram(target)) return { path: target, from: 'cache' };
    tell(`Building the Temporal server ${TEMPORAL_CLI} from source: five minutes of processor time, once.`);
    const bin = await mkdtemp(join(folder, 'build-'));
    try {
      await goInstall(go, bin, env);
      // A rename within one file system: whoever looks sees the whole program or none.
      await rename(join(bin, 'temporal'), target);
    } finally {
      await rm(bin, { recursive: true, force: true });
    }
    return { path: target, from: 'built' };
  } finally {
    await release();
  }
}

function goInstall(go: string, bin: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((done, failed) => {
    // Without what a debugger needs, and with a compiler that collects less garbage: a quarter of the work.
    const lean = ['-gcflags=all=-dwarf=false', '-ldflags=-s -w'];
    const child = spawn(go, ['install', ...lean, `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI}`], {
      env: { ...env, GOBIN: bin, GOFLAGS: '', GOGC: '400' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4000);
    });
    child.once('error', failed);
    child.once('close', (code, signal) => {
      if (code === 0 && isProgram(join(bin, 'temporal'))) done();
      else
        failed(
          noTemporal(
            `building it failed (${signal ?? `exit code ${code}`}): ${output.trim().split('\n').slice(-3).join(' ')}`,
            env,
          ),
        );
    });
  });
}

function noTemporal(why: string, env: NodeJS.ProcessEnv): SluiceError {
  return new SluiceError(ErrorCode.CommandNotFound, `There is no Temporal server on this machine, and ${why}.`, {
    where: `PATH and ${cachedPath(env)}`,
    fix: 'Install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on the PATH, or Go 1.24 or newer to have it built; or give a server by --address.',
  });
}

/** Waits for an exclusive lock file; one whose owner is dead is taken over. Returns how to release it. */
async function takeLock(path: string, onWait: () => void): Promise<() => Promise<void>> {
  let waited = false;
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    // An empty file is one that was made a moment ago; should its owner have died right then, its age tells.
    const dead = owner > 0 ? !isAlive(owner) : olderThan(path, 10_000);
    if (dead) {
      // Two may both see a dead owner. What a double build costs is time: the rename at its end keeps it correct.
      await rm(path, { force: true });
      continue;
    }
    if (!waited) onWait();
    waited = true;
    await delay(250);
  }
}

function olderThan(path: string, age: number): boolean {
  try {
    return Date.now() - statSync(path).mtimeMs > age;
  } catch {
    return false;
  }
}
