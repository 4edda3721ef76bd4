import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Called, call } from '../harness/called.ts';
import { processesIn } from '../harness/processes.ts';

const checkout = join(import.meta.dirname, '../..');

/** The oldest Node that the packages promise to work with, by its real path. */
export const oldestNode = join(dirname(createRequire(import.meta.url).resolve('node22/package.json')), 'bin/node');

/** A scaffolded pipeline repository with the packed packages installed, away from the checkout. */
export interface PackedProject {
  /** Folder of the tarballs. */
  readonly tarballs: string;
  readonly root: string;
  /** Paths of the files that Node loaded in any process of the command so far, each once. */
  loadedFiles(): Promise<string[]>;
  /** Runs `sluice` of the project, under {@link oldestNode}. */
  sluice(...args: string[]): Promise<Called>;
  /** Runs another program in the project. */
  call(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Called>;
  /** Starts `sluice dev --json`; resolves with what it tells once it is ready. */
  startDev(): Promise<DevProcess>;
  /** Ends what still runs in the project and removes everything. */
  close(): Promise<void>;
}

export interface DevProcess {
  readonly ready: { readonly gateway: { readonly url: string }; readonly mlflow: { readonly url: string } | null };
  /** Ctrl-C. @returns the exit code */
  interrupt(): Promise<number | null>;
}

/** Packs the packages as docs/install.md says, and makes and installs the project `rents` of them. */
export async function packedProject(): Promise<PackedProject> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'sluice-published-')));
  const tarballs = join(home, 'tarballs');
  const moved = join(home, 'packed');
  const root = join(home, 'rents');
  const loaded = join(home, 'loaded.txt');
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const plain = { ...inherited, NO_COLOR: '1', PATH: `${dirname(oldestNode)}${delimiter}${process.env.PATH ?? ''}` };
  // Every Node process of the command writes down what it loads.
  const watch = join(import.meta.dirname, 'write-loaded-files.mjs');
  const hook = pathToFileURL(watch);
  hook.searchParams.set('loaded', loaded);
  const watched = { ...plain, NODE_OPTIONS: `--import=${hook}` };
  const program = join(root, 'node_modules/.bin/sluice');
  try {
    await writeFile(loaded, '');
    const packing = await must(process.execPath, [join(checkout, 'tools/tarballs.ts'), tarballs], checkout, plain);
    // As it says itself, of which npx takes no bare path.
    const [, create = ''] = /npx (\S+) my-pipelines/.exec(packing.out) ?? [];
    await must('npx', ['-y', create, root], home, plain);
    // Where the tarballs were packed is of no matter to the project.
    await rename(tarballs, moved);
    await install(root, plain);
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
  const started: ChildProcess[] = [];
  return {
    tarballs: moved,
    root,
    loadedFiles: async () =>
      [...new Set((await readFile(loaded, 'utf8')).trim().split('\n'))].map((url) => fileURLToPath(url)),
    sluice: (...args) => call(program, args, { cwd: root, env: watched }),
    call: (command, args, env) => call(command, args, { cwd: root, env: { ...plain, ...env } }),
    startDev: () => {
      const child = spawn(program, ['dev', '--json'], { cwd: root, env: watched, stdio: ['ignore', 'pipe', 'pipe'] });
      started.push(child);
      return untilReady(child);
    },
    async close() {
      await Promise.all(started.map((child) => end(child, 'SIGTERM')));
      for (const line of processesIn(home)) kill(Number.parseInt(line, 10));
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Ended meanwhile.
  }
}

/** By pnpm, which takes what the packages depend on from its store where it is there: npm unpacks half a gigabyte. */
async function install(root: string, env: NodeJS.ProcessEnv): Promise<void> {
  const { overrides } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { overrides: object };
  const lines = Object.entries(overrides).map(([name, from]) => `  '${name}': ${JSON.stringify(from)}`);
  const builds = ['@swc/core', 'protobufjs'].map((name) => `  '${name}': true`);
  const settings = ['overrides:', ...lines, 'allowBuilds:', ...builds, ''];
  await writeFile(join(root, 'pnpm-workspace.yaml'), settings.join('\n'));
  await must('npx', ['-y', 'pnpm@12.21.0', 'install', '--prefer-offline', '--no-frozen-lockfile'], root, env);
}

async function must(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Called> {
  const called = await call(command, args, { cwd, env });
  if (called.exit === 0) return called;
  throw new Error(`${command} ${args.join(' ')} ended with ${called.exit}:\n${called.out}\n${called.err}`);
}

function untilReady(child: ChildProcess): Promise<DevProcess> {
  const said: string[] = [];
  return new Promise((done, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        if (!line.startsWith('{"type":"ready"')) return;
        done({ ready: JSON.parse(line) as DevProcess['ready'], interrupt: () => end(child, 'SIGINT') });
      });
    }
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`sluice dev ended with ${code}:\n${said.join('\n')}`)));
  });
}

/** Twice as long as `sluice dev` promises to take; then by force. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  child.kill(signal);
  const force = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const code = await ended;
  clearTimeout(force);
  return code;
}
