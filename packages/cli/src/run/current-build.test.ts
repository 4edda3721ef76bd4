import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CodeFile, writeCodeFile } from '../code/code-file.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { resolveConfig } from '../config/resolved-config.ts';
import { writeDevFile } from '../dev/dev-file.ts';
import { processStart } from '../dev/process-info.ts';
import { digestsOf } from '../worker/workflow-bundle.ts';
import { currentBuild } from './current-build.ts';

let root: string;
let loaded: LoadedConfig;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-build-'));
  const path = join(root, 'sluice.config.ts');
  loaded = { root, path, config: resolveConfig({ project: 'p', pipelines: ['p.ts'] }) };
  await writeFile(path, 'config');
  await writeFile(join(root, 'p.ts'), 'one');
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Writes what a running stack would, of the files as they are now. */
async function stackSays(more: Partial<CodeFile> = {}): Promise<void> {
  await writeDevFile(root, {
    ...{ pid: process.pid, started: processStart(process.pid) ?? '', temporal: null, mlflow: null, gateway: null },
    ...{ scheduledEventsUrl: null, workers: [] },
  });
  const sources = await digestsOf([loaded.path, join(root, 'p.ts')]);
  const code = {
    pid: process.pid,
    at: performance.now(),
    build: 'b1',
    problem: null,
    sources,
    served: [],
    kept: [],
    changed: [],
  };
  await writeCodeFile(root, { ...code, ...more });
}

test('is null where no stack runs', async () => {
  expect(await currentBuild(loaded)).toBeNull();
});

test('is the stack’s when that has looked at the files as they are', async () => {
  await stackSays();
  expect(await currentBuild(loaded)).toEqual({ deploymentName: 'p', buildId: 'b1', changed: [] });
});

test('is waited for after a save, and never the one before', async () => {
  await stackSays();
  await writeFile(join(root, 'p.ts'), 'two');
  let waited = 0;
  const onWait = () => {
    waited++;
    void stackSays({ build: 'b2' });
  };
  const build = currentBuild(loaded, { onWait });
  expect(await build).toMatchObject({ buildId: 'b2' });
  expect(waited).toBe(1);
});

test('is refused with what is wrong with the code, and only while that is what is saved', async () => {
  const problem = { code: 'InvalidConfig', message: 'p.ts cannot be loaded', where: 'p.ts:3', fix: 'Mend it.' };
  await stackSays({ problem });
  await expect(currentBuild(loaded)).rejects.toMatchObject({
    ...{ code: 'InvalidConfig', message: 'p.ts cannot be loaded', where: 'p.ts:3' },
    fix: expect.stringContaining('Nothing has been started'),
  });
  await writeFile(join(root, 'p.ts'), 'mended');
  const build = currentBuild(loaded, { onWait: () => void stackSays({ build: 'b3' }) });
  expect(await build).toMatchObject({ buildId: 'b3' });
});

test('says so when the stack does not take the code up, also when another stack wrote what there is', async () => {
  await stackSays({ pid: 1 });
  await expect(currentBuild(loaded, { patience: 10 })).rejects.toMatchObject({
    ...{ code: 'Unreachable', where: root },
    message: expect.stringContaining('has not taken up the code'),
  });
});

test('a pipeline file that is new in the config is waited for', async () => {
  await stackSays();
  await writeFile(join(root, 'q.ts'), 'new');
  const more = { ...loaded, config: { ...loaded.config, pipelines: ['p.ts', 'q.ts'] } };
  await expect(currentBuild(more, { patience: 10 })).rejects.toMatchObject({ code: 'Unreachable' });
});
