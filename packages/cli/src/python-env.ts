import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { buildOnce } from './build-once.ts';
import { cacheDir } from './cache-dir.ts';
import { installAdvice, MAKE_LOCK } from './install-advice.ts';

/** The one release of uv that Sluice installs with, so that a lock file means the same everywhere. */
const UV = '0.13.9';

export interface PythonEnvOptions {
  /** Names the environment's folder in the cache. */
  readonly name: string;
  /** Path of a requirements file with a hash for every package, as `uv pip compile --generate-hashes` writes it. */
  readonly requirements: string;
  /** Interpreter to build on. @default the first of `python3`, `python3.14` … `python3.11` and `python` that is new enough */
  readonly python?: string;
  /** Oldest Python that will do. @default '3.11' */
  readonly atLeast?: string;
  /** Progress, a line at a time. */
  readonly log?: (line: string) => void;
}

export interface PythonEnv {
  /** The environment's interpreter. */
  readonly python: string;
  /** Folder of the environment's programs. */
  readonly bin: string;
}

interface Interpreter {
  readonly executable: string;
  readonly version: readonly [number, number, number];
  /** Version, implementation and platform: what a compiled package depends on. */
  readonly identity: string;
}

/**
 * Makes or finds a Python environment that holds exactly the packages of a lock file, under `<cache>/python`. It is
 * keyed by the lock file's bytes and the interpreter, shared by all projects, and whole or not there at all.
 *
 * @throws SluiceError `CommandNotFound` without a fit Python, `NotFound` without the file, `InstallFailed`
 */
export async function ensurePythonEnv(options: PythonEnvOptions): Promise<PythonEnv> {
  const log = options.log ?? (() => {});
  const lock = await readFile(options.requirements, 'utf8').catch((cause: unknown) => {
    throw new SluiceError(ErrorCode.NotFound, `There is no requirements file ${options.requirements}.`, {
      where: options.requirements,
      fix: MAKE_LOCK,
      cause,
    });
  });
  const base = await findPython(options.python, options.atLeast ?? '3.11');
  const key = createHash('sha256').update(`${base.identity}\0${UV}\0${lock}`).digest('hex').slice(0, 16);
  const directory = await buildOnce(
    join(cacheDir(), 'python', `${options.name}-${key}`),
    async (target) => {
      const uv = await ensureUv(base, log);
      const pip = await pipSettings(base);
      const env = installEnvironment(pip);
      log(`installing ${options.name} for Python ${base.version.join('.')}`);
      await install(uv, ['venv', '--quiet', '--allow-existing', '--python', base.executable, target], target, env, log);
      const sync = [
        'pip',
        'sync',
        '--quiet',
        '--compile-bytecode',
        '--require-hashes',
        ...indexFlags(pip),
        '--python',
        pythonOf(target),
        '-',
      ];
      await install(uv, sync, target, env, log, lock);
    },
    {
      usable: (path) => isExecutable(pythonOf(path)),
      onWait: () => log(`waiting for another process to install ${options.name}`),
    },
  );
  return { python: pythonOf(directory), bin: binOf(directory) };
}

/** Makes or finds uv itself, from PyPI. @returns path of the program */
export async function ensureUv(base: Interpreter, log: (line: string) => void = () => {}): Promise<string> {
  const program = (directory: string) => join(binOf(directory), process.platform === 'win32' ? 'uv.exe' : 'uv');
  const directory = await buildOnce(
    join(cacheDir(), 'uv', UV),
    async (target) => {
      log(`installing uv ${UV}`);
      await install(base.executable, ['-m', 'venv', target], target, {}, log);
      await install(pythonOf(target), ['-m', 'pip', 'install', '--quiet', `uv==${UV}`], target, {}, log);
    },
    { usable: (path) => isExecutable(program(path)), onWait: () => log('waiting for another process to install uv') },
  );
  return program(directory);
}

/** The first interpreter that starts and is new enough. @throws SluiceError `CommandNotFound` */
export async function findPython(wanted?: string, atLeast = '3.11'): Promise<Interpreter> {
  const minors = [14, 13, 12, 11].map((minor) => `python3.${minor}`);
  const candidates = wanted === undefined ? ['python3', ...minors, 'python'] : [wanted];
  const seen: string[] = [];
  for (const command of candidates) {
    const found = await interpreter(command);
    if (found === null) continue;
    const [major, minor] = atLeast.split('.').map(Number);
    const newEnough = found.version[0] === major && found.version[1] >= (minor ?? 0);
    if (newEnough) return found;
    seen.push(`${command} is ${found.version.join('.')}`);
  }
  throw new SluiceError(
    ErrorCode.CommandNotFound,
    seen.length > 0
      ? `Python ${atLeast} or newer is needed, but ${seen.join(', ')}.`
      : `No Python was found: ${candidates.join(', ')} did not start.`,
    {
      where: wanted ?? 'PATH',
      fix: `Install Python ${atLeast} or newer with its venv module (Debian: \`apt install python3 python3-venv\`, macOS: \`brew install python\`), or name an interpreter in the config.`,
    },
  );
}

const DESCRIBE = `import json, platform, sys, sysconfig
print(json.dumps([sys.executable, list(sys.version_info[:3]), platform.python_implementation(), sysconfig.get_platform()]))`;

async function interpreter(command: string): Promise<Interpreter | null> {
  const told = await output(command, ['-I', '-c', DESCRIBE]);
  if (told === null) return null;
  try {
    const [executable, version, implementation, platform] = JSON.parse(told) as [string, number[], string, string];
    const [major = 0, minor = 0, patch = 0] = version;
    const identity = `${executable} ${version.join('.')} ${implementation} ${platform}`;
    return { executable, version: [major, minor, patch], identity };
  } catch {
    return null;
  }
}

type PipSettings = Readonly<Record<string, readonly string[]>>;

/** Where pip is told to look, by file or environment; uv does not read that by itself. */
async function pipSettings(base: Interpreter): Promise<PipSettings> {
  const told = (await output(base.executable, ['-m', 'pip', '--disable-pip-version-check', 'config', 'list'])) ?? '';
  const settings: Record<string, readonly string[]> = {};
  for (const line of told.split('\n')) {
    // Environment wins over files, and pip lists it last.
    const match = /^(?:global|install|:env:)\.([a-z-]+)=(['"])(.*)\2\s*$/.exec(line);
    if (match?.[1]) settings[match[1]] = (match[3] ?? '').split(/\\n|\s+/).filter((part) => part !== '');
  }
  return settings;
}

function indexFlags(pip: PipSettings): string[] {
  const pairs = [
    ['find-links', '--find-links'],
    ['index-url', '--default-index'],
    ['extra-index-url', '--index'],
  ] as const;
  return pairs.flatMap(([key, flag]) => (pip[key] ?? []).flatMap((value) => [flag, value]));
}

function installEnvironment(pip: PipSettings): NodeJS.ProcessEnv {
  const certificate = pip.cert?.[0];
  return certificate && !process.env.SSL_CERT_FILE ? { SSL_CERT_FILE: certificate } : {};
}

/** Runs one installer in its own directory, so that no project's settings reach it; its lines go to the log. */
async function install(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
  stdin = '',
): Promise<void> {
  const { VIRTUAL_ENV: _, PYTHONHOME: __, PYTHONPATH: ___, ...inherited } = process.env;
  const child = spawn(command, args, { cwd, env: { ...inherited, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const tail: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log(line);
      tail.push(line);
      if (tail.length > 20) tail.shift();
    });
  }
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'unknown'));
  });
  if (code === 0) return;
  throw new SluiceError('InstallFailed', `Installing Python packages failed (${code}):\n${tail.join('\n')}`, {
    where: [command, ...args].join(' '),
    fix: installAdvice(tail),
    permanent: false,
  });
}

function output(command: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once('error', () => resolve(null));
    child.once('close', (code) => resolve(code === 0 ? text : null));
  });
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function binOf(directory: string): string {
  return join(directory, process.platform === 'win32' ? 'Scripts' : 'bin');
}

function pythonOf(directory: string): string {
  return join(binOf(directory), process.platform === 'win32' ? 'python.exe' : 'python');
}
