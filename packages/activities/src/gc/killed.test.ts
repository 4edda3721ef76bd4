import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Artifact } from '@sluice/sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimLine, lineKey } from '../job/checkpoints/checkpoint-line.ts';
import { claimOf, digests } from '../job/testing/line.ts';
import { fileStore } from '../store/file-store.ts';
import { collectGarbage } from './collect.ts';
import { collecting } from './testing/options.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-gc-killed-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs a collection in a process of its own; @returns null when it was killed before it ended. */
function collectIn(root: string, dieAt: number): Promise<{ readonly steps: number } | null> {
  const program = join(import.meta.dirname, 'testing', 'collect-child.ts');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, root, String(dieAt)], (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout));
      else if (error.signal === 'SIGKILL') resolve(null);
      else reject(new Error(stderr));
    });
  });
}

/** Lets the seconds pass after which a dead process's announcement counts no more. */
async function forgetAnnouncements(root: string): Promise<void> {
  for (const name of await readdir(join(root, 'tmp'))) {
    const then = Date.now() / 1000 - 3600;
    if (name.startsWith('sweeping-')) await utimes(join(root, 'tmp', name), then, then);
  }
}

async function tree(text: string): Promise<string> {
  const path = join(folder, `in-${text}`);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'weights'), text);
  return path;
}

async function line(root: string, workflowId: string): Promise<Artifact> {
  const key = lineKey({ workflowId, step: 'train' });
  const options = { claim: claimOf(1), digests, resume: 'same', keep: 1 } as const;
  const manifest = await (await claimLine(fileStore(root), key, options)).commit(
    1,
    await tree(`line-${workflowId.slice(2)}`),
  );
  return manifest.files;
}

test('killed before any of its writes, a collection has taken nothing that is needed, and the next one ends it', async () => {
  const template = join(folder, 'template');
  const store = fileStore(template);
  const needed = [await line(template, 'p/0'), await store.putText('{"named":true}', 'report')];
  await store.swapPointer('endpoints/e', null, JSON.stringify(needed[1]));
  const garbage = [
    await line(template, 'p/done'),
    await store.putTree(await tree('leaked'), 'checkpoint', 'line#gone'),
    await store.putText('nobody asks', 'dataset'),
  ];
  const whole = join(folder, 'whole');
  await cp(template, whole, { recursive: true });
  const undisturbed = await collectIn(whole, 0);
  expect(undisturbed?.steps).toBeGreaterThan(12);

  for (let step = 1; step <= (undisturbed?.steps ?? 0); step++) {
    const root = join(folder, `killed-${step}`);
    await cp(template, root, { recursive: true });
    expect(await collectIn(root, step)).toBeNull();
    for (const artifact of needed) expect(await fileStore(root).verify(artifact, 'digests')).toBeNull();

    await forgetAnnouncements(root);
    // Whoever stores such bytes again has them, whatever the dead process left half done.
    const again = await fileStore(root).putTree(await tree('leaked'), 'checkpoint', 'line#new');
    expect(await fileStore(root).verify(again, 'digests')).toBeNull();

    await collectGarbage(collecting(fileStore(root), join(root, '.sluice')));
    for (const artifact of needed) expect(await fileStore(root).verify(artifact, 'digests')).toBeNull();
    for (const artifact of garbage) expect(await fileStore(root).verify(artifact, 'sizes')).toContain('not there');
    expect(await readdir(join(root, 'trees'))).toHaveLength(1);
    expect(await readdir(join(root, 'blobs'))).toHaveLength(1);
    expect(await readdir(join(root, 'holders'))).toHaveLength(2);
    await expect.poll(() => readdir(join(root, 'tmp'))).toEqual([]);
    await rm(root, { recursive: true });
  }
}, 240_000);
