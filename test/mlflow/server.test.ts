import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mlflowClient } from '../../packages/activities/src/mlflow/client.ts';
import { startMlflow } from '../../packages/cli/src/dev/mlflow-server.ts';
import { START } from './real-server.ts';

let stateDir: string;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'sluice mlflow ü-'));
});
afterAll(async () => {
  await rm(stateDir, { recursive: true, force: true });
});

function groupLives(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

test(
  'what was logged survives a restart, stop leaves no process, and neither does a SIGKILL of the one who started it',
  async () => {
    const first = await startMlflow({ stateDir, timeout: START });
    const id = await mlflowClient({ url: first.url }).ensureExperiment('kept');
    await Promise.all([first.stop(), first.stop()]);
    await first.exited;
    expect(groupLives(first.pid)).toBe(false);

    const module = new URL('../../packages/cli/src/dev/mlflow-server.ts', import.meta.url).href;
    const script = `import { startMlflow } from ${JSON.stringify(module)};
    const { url, pid } = await startMlflow({ stateDir: ${JSON.stringify(stateDir)}, timeout: ${START} });
    console.log(JSON.stringify({ url, pid })); setInterval(() => {}, 1e6);`;
    const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) => createInterface({ input: owner.stdout }).once('line', resolve));
    const { url, pid } = JSON.parse(line) as { url: string; pid: number };
    expect((await mlflowClient({ url }).getExperimentByName('kept'))?.experiment_id).toBe(id);
    owner.kill('SIGKILL');
    await expect.poll(() => groupLives(pid), { timeout: 15_000, interval: 100 }).toBe(false);
  },
  2 * START,
);

test('a server that does not come up is an error with the end of its log', async () => {
  const env = { python: process.execPath, bin: '/nowhere' };
  await expect(startMlflow({ stateDir: join(stateDir, 'broken'), env })).rejects.toMatchObject({
    code: 'ServerNotReady',
    where: join(stateDir, 'broken', 'mlflow', 'server.log'),
    message: expect.stringMatching(/it ended with \d+[\s\S]*bad option: -m/),
  });
});

test('a port that is taken is named before anything starts', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const env = { python: process.execPath, bin: '/nowhere' };
  await expect(startMlflow({ stateDir, port, env })).rejects.toMatchObject({
    code: 'PortInUse',
    where: `127.0.0.1:${port}`,
  });
  await new Promise((resolve) => other.close(resolve));
});
