import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findTemporal, TEMPORAL_CLI } from './temporal-binary.ts';

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-temporal-'));
  await mkdir(join(folder, 'bin'));
  env = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, SLUICE_CACHE_DIR: join(folder, 'cache') };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(path: string, body: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
}

/** A `go` that takes a moment, counts its calls, and leaves a program that prints its version. */
const fakeGo = (delay: string) => `
echo "$@" >> "${folder}/calls"
sleep ${delay}
printf '#!/bin/sh\\necho temporal\\n' > "$GOBIN/temporal"
chmod +x "$GOBIN/temporal"`;

const cached = () => join(folder, 'cache', 'temporal', `cli-${TEMPORAL_CLI}`, 'temporal');

async function calls(): Promise<string[]> {
  return (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');
}

test('takes the program on the PATH first', async () => {
  await program(join(folder, 'bin', 'temporal'), 'true');
  expect(await findTemporal({ env })).toEqual({ path: join(folder, 'bin', 'temporal'), from: 'path' });
});

test('takes the program that SLUICE_TEMPORAL names, and says so when there is none', async () => {
  await program(join(folder, 'mine'), 'true');
  expect(await findTemporal({ env: { ...env, SLUICE_TEMPORAL: join(folder, 'mine') } })).toMatchObject({
    from: 'environment',
  });
  await expect(findTemporal({ env: { ...env, SLUICE_TEMPORAL: '/nowhere' } })).rejects.toMatchObject({
    code: 'CommandNotFound',
  });
});

test('builds it once by Go, for two who ask at once, and finds it in the cache afterwards', async () => {
  await program(join(folder, 'bin', 'go'), fakeGo('0.3'));
  const told: string[] = [];
  const both = await Promise.all([
    findTemporal({ env, onProgress: (line) => told.push(line) }),
    findTemporal({ env, onProgress: (line) => told.push(line) }),
  ]);
  expect(both.map(({ path }) => path)).toEqual([cached(), cached()]);
  expect(both.map(({ from }) => from).sort()).toEqual(['built', 'cache']);
  expect(await calls()).toEqual([
    expect.stringMatching(new RegExp(`^install .*github\\.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI}$`)),
  ]);
  expect(told).toHaveLength(2);
  expect(await findTemporal({ env })).toMatchObject({ from: 'cache' });
});

test('takes over the lock of a process that died', async () => {
  await program(join(folder, 'bin', 'go'), fakeGo('0'));
  await mkdir(join(folder, 'cache', 'temporal'), { recursive: true });
  await writeFile(join(folder, 'cache', 'temporal', `cli-${TEMPORAL_CLI}.lock`), '999999999');
  expect(await findTemporal({ env })).toMatchObject({ from: 'built' });
});

test('leaves nothing behind when the build fails, and says what to install', async () => {
  await program(join(folder, 'bin', 'go'), 'echo "module not found" >&2; exit 1');
  await expect(findTemporal({ env })).rejects.toMatchObject({
    code: 'CommandNotFound',
    message: expect.stringContaining('module not found'),
    fix: expect.stringContaining('https://docs.temporal.io/cli'),
  });
  expect(await readdir(join(folder, 'cache', 'temporal'))).toEqual([`cli-${TEMPORAL_CLI}`]);
});

test('without Go says what to install', async () => {
  await expect(findTemporal({ env: { ...env, PATH: join(folder, 'bin') } })).rejects.toMatchObject({
    code: 'CommandNotFound',
    message: expect.stringContaining('no Go'),
  });
});
