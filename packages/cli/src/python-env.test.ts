import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ensurePythonEnv, findPython } from './python-env.ts';

const run = promisify(execFile);
const lock = (hash = '4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274') =>
  `six==1.17.0 \\\n    --hash=sha256:${hash}\n`;

let cache: string;
let folder: string;

// Everything is installed for real, into a cache of this file's own.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-python-'));
  cache = join(folder, 'cache with spaces');
  vi.stubEnv('SLUICE_CACHE_DIR', cache);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function requirements(name: string, text: string): Promise<string> {
  const path = join(folder, `${name}.txt`);
  await writeFile(path, text);
  return path;
}

test('a locked environment holds its packages, is found again, and is another one for another lock', async () => {
  const lines: string[] = [];
  const wanted = {
    name: 'demo',
    requirements: await requirements('one', lock()),
    log: (line: string) => lines.push(line),
  };
  const first = await ensurePythonEnv(wanted);
  const { stdout } = await run(first.python, ['-c', 'import six, sys; print(six.__version__, sys.prefix)']);
  expect(stdout).toContain(`1.17.0 ${join(cache, 'python', 'demo-')}`);
  expect(lines).toContainEqual(expect.stringMatching(/^installing demo for Python 3\./));

  const logged = lines.length;
  expect(await ensurePythonEnv(wanted)).toEqual(first);
  expect(lines).toHaveLength(logged);

  const other = await ensurePythonEnv({ name: 'demo', requirements: await requirements('two', `# two\n${lock()}`) });
  expect(other.python).not.toBe(first.python);
}, 120_000);

test('a package whose bytes do not match the lock is not installed, and nothing half-done stays', async () => {
  const path = await requirements('forged', lock('0'.repeat(64)));
  await expect(ensurePythonEnv({ name: 'forged', requirements: path })).rejects.toMatchObject({
    code: 'InstallFailed',
    message: expect.stringMatching(/hash/i),
    fix: expect.stringContaining('not the one that was locked'),
  });
  const [home] = (await readdir(join(cache, 'python'))).filter((name) => name.startsWith('forged-'));
  expect(await readdir(join(cache, 'python', home ?? ''))).toEqual([]);
}, 120_000);

test('a package without a hash is refused', async () => {
  const path = await requirements('open', 'six==1.17.0\n');
  await expect(ensurePythonEnv({ name: 'open', requirements: path })).rejects.toMatchObject({
    code: 'InstallFailed',
    fix: expect.stringContaining('uv pip compile --generate-hashes requirements.in -o requirements.txt'),
  });
}, 120_000);

test('two processes that need one environment at once both get it whole', async () => {
  const path = await requirements('both', `# both\n${lock()}`);
  const script = `import { ensurePythonEnv } from ${JSON.stringify(new URL('./python-env.ts', import.meta.url).href)};
    console.log((await ensurePythonEnv({ name: 'both', requirements: ${JSON.stringify(path)} })).python);`;
  const child = () => run(process.execPath, ['--input-type=module-typescript', '-e', script]);
  const answers = await Promise.all([child(), child()]);
  const [python, same] = answers.map(({ stdout }) => stdout.trim());
  expect(same).toBe(python);
  await run(python ?? '', ['-c', 'import six']);
}, 120_000);

test('an installation that is killed half way is done again from the start', async () => {
  const path = await requirements('killed', `# killed\n${lock()}`);
  const script = `import { ensurePythonEnv } from ${JSON.stringify(new URL('./python-env.ts', import.meta.url).href)};
    await ensurePythonEnv({ name: 'killed', requirements: ${JSON.stringify(path)}, log: (line) => console.log(line) });`;
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  child.kill('SIGKILL');
  const { python } = await ensurePythonEnv({ name: 'killed', requirements: path });
  await run(python, ['-c', 'import six']);
}, 120_000);

test('a file that is not there is named', async () => {
  const missing = join(folder, 'missing.txt');
  await expect(ensurePythonEnv({ name: 'x', requirements: missing })).rejects.toMatchObject({
    code: 'NotFound',
    where: missing,
  });
});

test('without a Python, or with one that is too old, it says what to install', async () => {
  await expect(findPython('/no/such/python')).rejects.toMatchObject({
    code: 'CommandNotFound',
    fix: expect.stringContaining('apt install python3 python3-venv'),
  });
  await mkdir(join(folder, 'bin'), { recursive: true });
  const old = join(folder, 'bin', 'python3');
  await writeFile(old, `#!/bin/sh\necho '["${old}", [3, 8, 1], "CPython", "linux"]'\n`);
  await chmod(old, 0o755);
  await expect(findPython(old)).rejects.toMatchObject({
    code: 'CommandNotFound',
    message: `Python 3.11 or newer is needed, but ${old} is 3.8.1.`,
  });
  vi.stubEnv('PATH', '');
  await expect(findPython()).rejects.toMatchObject({ code: 'CommandNotFound', where: 'PATH' });
  vi.unstubAllEnvs();
  vi.stubEnv('SLUICE_CACHE_DIR', cache);
});
