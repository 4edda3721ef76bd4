import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Artifact } from '@sluice/sdk';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimLine, lineKey } from '../job/checkpoints/checkpoint-line.ts';
import { claimOf, digests } from '../job/testing/line.ts';
import { fileStore } from '../store/file-store.ts';
import { collectGarbage } from './collect.ts';
import { collecting } from './testing/options.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-gc-interleaved-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const contents = ['a', 'b', 'c'] as const;
const dayMs = 24 * 3600_000;
let made = 0;

type Act = {
  readonly kind: 'put' | 'blob' | 'commit' | 'collect' | 'fetch';
  readonly content: (typeof contents)[number];
};

const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom('put', 'blob', 'commit', 'collect', 'collect', 'fetch'),
  content: fc.constantFrom(...contents),
});

/**
 * Everybody's every change to the disk waits for its turn, and the turns are drawn. All that the store held before is
 * old; what is put meanwhile is young.
 */
test('whatever is put, committed or fetched while garbage is collected is there afterwards, in any order of steps', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(act, { minLength: 2, maxLength: 6 }), async (scheduler, acts) => {
      const root = join(folder, `store-${made++}`);
      const sources = await Promise.all(contents.map(folderOf));
      const before = fileStore(root);
      const kept = await before.putTree(await folderOf('kept'), 'model');
      await before.swapPointer('endpoints/e', null, JSON.stringify(kept));
      for (const content of contents) {
        await before.putTree(await folderOf(content), 'checkpoint', 'nobody any more');
        await before.putText(content, 'report', 'nobody any more');
      }
      // A file's time may lag some milliseconds behind the clock.
      await delay(20);
      const now = Date.now() + dayMs;
      await delay(20);
      const store = fileStore(root, { onWrite: (what) => scheduler.schedule(Promise.resolve(), what) });
      const put: Artifact[] = [];
      let fetched = 0;

      const work = async ({ kind, content }: Act, index: number): Promise<void> => {
        const source = sources[contents.indexOf(content)] ?? '';
        if (kind === 'collect') {
          await collectGarbage(collecting(store, join(root, '.sluice'), { now, grace: dayMs }));
        } else if (kind === 'fetch') {
          const into = join(root, `out-${index}`);
          await store.fetch(kept, into);
          fetched += 1;
        } else {
          const artifact =
            kind === 'put'
              ? await store.putTree(source, 'model')
              : kind === 'blob'
                ? await store.putText(content, 'report')
                : await commit(index, source);
          expect(await store.verify(artifact, 'digests')).toBeNull(); // at once, and not only in the end
          put.push(artifact);
        }
      };
      const commit = async (index: number, source: string): Promise<Artifact> => {
        const key = lineKey({ workflowId: 'p/0', step: `train-${index}` });
        const options = { claim: claimOf(1), digests, resume: 'same', keep: 1 } as const;
        return (await (await claimLine(store, key, options)).commit(1, source)).files;
      };

      let done = false;
      const all = Promise.all(acts.map(work)).finally(() => {
        done = true;
      });
      all.catch(() => {});
      while (!done) {
        if (scheduler.count() > 0) await scheduler.waitOne();
        else await delay(0); // somebody waits for the real disk
      }
      await all;
      for (const artifact of [...put, kept]) expect(await fileStore(root).verify(artifact, 'digests')).toBeNull();
      expect(fetched).toBe(acts.filter(({ kind }) => kind === 'fetch').length);
      await rm(root, { recursive: true });
    }),
    { numRuns: 60 },
  );
}, 240_000);

async function folderOf(content: string): Promise<string> {
  const path = join(folder, `in-${content}`);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'weights'), content);
  return path;
}
