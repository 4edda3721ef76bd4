import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectConverter } from '@sluice/activities/payloads';
import { expect, it, onTestFinished } from 'vitest';
import { progress, stubActivities } from '../harness/stub-activities.ts';
import { workflowCode } from '../harness/workflow-code.ts';
import { workflowKit } from '../harness/workflow-kit.ts';

it('with encrypted payloads, what is too big for a history lies encrypted in the store', async () => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-encrypted-'));
  process.env.GROWTH_KEY = Buffer.alloc(32, 7).toString('base64');
  const config = { encryption: { keyEnv: 'GROWTH_KEY', payloads: true } };
  const kit = await workflowKit(
    (project, client) =>
      stubActivities(project, client, {
        step: async (input) => ({
          result: { step: input.ref.step, keys: input.ref.keys, files: null, value: 'a secret '.repeat(10_000) },
          progress: progress(input),
        }),
      }),
    {
      bundle: await workflowCode(fileURLToPath(new URL('../fixtures/growing-entry.ts', import.meta.url))),
      dataConverter: projectConverter({ root, config }),
    },
  );
  onTestFinished(async () => {
    await kit.close();
    await rm(root, { recursive: true, force: true });
  });
  const run = await kit.start('hands-much', { keys: 2 });
  expect(await run.result()).toEqual([90_000]);
  const folder = join(root, '.sluice/store/payloads');
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const stored = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')));
  expect(stored.filter((text) => text.length > 90_000).length).toBeGreaterThanOrEqual(1);
  for (const text of stored) expect(text).not.toContain('a secret');
});
