import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LoadedConfig } from '../config/load-config.ts';
import { resolveConfig } from '../config/resolved-config.ts';
import type { Child } from '../dev/child.ts';
import { writeDevFile } from '../dev/dev-file.ts';
import { processStart } from '../dev/process-info.ts';
import { currentBuild } from '../run/current-build.ts';
import { digestsOf } from '../worker/workflow-bundle.ts';
import type { BuildOrder, BuildReply } from './build.ts';
import { askedFolder } from './code-file.ts';
import { DevCode } from './dev-code.ts';

/** The code is what one file holds, and so is its bundle. */
vi.mock('./look-at-code.ts', () => ({
  lookAtCode: async (config: string) => {
    const sources = await digestsOf([config, join(config, '../p.ts')]);
    return { ok: true, path: join(config, '../p.ts'), unfit: [], settings: {}, sources };
  },
}));

let root: string;
let loaded: LoadedConfig;
let code: DevCode;
let worker: Worker;

/** The process that serves builds: whether it takes one is said by the test. */
class Worker {
  readonly ordered: string[] = [];
  takes: (id: string) => BuildReply | null = (id) => ({ type: 'build-served', id });
  #listeners: ((message: unknown) => void)[] = [];

  readonly child = {
    exited: new Promise<never>(() => {}),
    onMessage: (listener: (message: unknown) => void) => this.#listeners.push(listener),
    send: (order: BuildOrder) => {
      if (order.type !== 'serve-build') return;
      this.ordered.push(order.build.id);
      const reply = this.takes(order.build.id);
      if (reply !== null) this.says(reply);
    },
  } as unknown as Child;

  says(reply: BuildReply): void {
    queueMicrotask(() => {
      for (const listener of this.#listeners) listener(reply);
    });
  }
}

/** A server on which nothing runs. */
const client = {
  options: { namespace: 'default' },
  workflowService: { setWorkerDeploymentCurrentVersion: async () => ({}) },
  workflow: { count: async () => ({ count: 0 }), list: async function* () {} },
} as unknown as Client;

const save = (text: string) => writeFile(join(root, 'p.ts'), text);
const settled = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 20 });

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-dev-code-'));
  const path = join(root, 'sluice.config.ts');
  loaded = { root, path, config: resolveConfig({ project: 'p', pipelines: ['p.ts'] }) };
  await writeFile(path, 'config');
  await save('one');
  await writeDevFile(root, {
    ...{ pid: process.pid, started: processStart(process.pid) ?? '', temporal: null, mlflow: null, gateway: null },
    ...{ scheduledEventsUrl: null, workers: [] },
  });
  worker = new Worker();
  code = new DevCode(loaded, () => {});
  code.connect(client);
  await Promise.all([code.begin(), code.attach(worker.child)]);
});
afterEach(async () => {
  await code.stop();
  await rm(root, { recursive: true, force: true });
});

test('while a saved build is not taken yet, no run is told to begin on the one before', async () => {
  const former = code.build;
  expect(await currentBuild(loaded)).toMatchObject({ buildId: former });
  worker.takes = () => null; // a worker is made of a build in seconds
  await save('two');
  await settled(() => expect(worker.ordered).toHaveLength(2));
  // Somebody looks at an old run meanwhile, twice: by the second time what is served was written down anew.
  await mkdir(askedFolder(root), { recursive: true });
  for (const id of [former ?? '', former ?? '']) {
    await writeFile(join(askedFolder(root), id), '');
    await settled(async () => expect(await readdir(askedFolder(root))).toEqual([]));
  }
  let build: ReturnType<typeof currentBuild> | undefined;
  await new Promise<void>((waits) => {
    build = currentBuild(loaded, { patience: 60_000, onWait: waits });
  });
  expect(await Promise.race([build, 'still waiting'])).toBe('still waiting');
  worker.takes = (id) => ({ type: 'build-served', id });
  worker.says({ type: 'build-served', id: worker.ordered.at(-1) ?? '' });
  const { buildId } = (await build) ?? {};
  expect(buildId).toBe(code.build);
  expect(buildId).not.toBe(former);
});

test('a build that no worker can be made of is told to whoever starts a run', async () => {
  worker.takes = (id) => ({ type: 'build-refused', id, why: 'no such thing in the sandbox' });
  await save('two');
  await expect(currentBuild(loaded, { patience: 30_000 })).rejects.toMatchObject({
    message: expect.stringContaining('no such thing in the sandbox'),
  });
});
