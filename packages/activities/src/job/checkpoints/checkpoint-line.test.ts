import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ErrorCode, errorCode, SluiceError } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ArtifactStore } from '../../store/artifact-store.ts';
import { fileStore } from '../../store/file-store.ts';
import { claimOf, digests, otherDigest } from '../testing/line.ts';
import { type CheckpointLine, claimLine, type LineOptions, lineKey } from './checkpoint-line.ts';
import type { Manifest } from './manifest.ts';

vi.setConfig({ testTimeout: 120_000 });
let root: string;
let store: ArtifactStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-line-'));
  store = fileStore(join(root, 'store'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

let loads = 0;
const claim = (attempt: number, over: Partial<LineOptions> = {}): Promise<CheckpointLine> =>
  claimLine(store, 'line', { claim: claimOf(attempt), digests, resume: 'same', keep: 2, ...over });

async function files(step: number): Promise<string> {
  const folder = join(root, `step-${step}`);
  await mkdir(join(folder, 'optimizer'), { recursive: true });
  await writeFile(join(folder, 'weights.bin'), `weights of step ${step}`);
  await writeFile(join(folder, 'optimizer', 'state.bin'), `state of step ${step}`);
  return folder;
}

async function commit(line: CheckpointLine, ...steps: number[]): Promise<Manifest[]> {
  const done: Manifest[] = [];
  for (const step of steps) done.push(await line.commit(step, await files(step)));
  return done;
}

/** Step that a new attempt would resume from; checks that the files are those of that step. */
async function loaded(line: CheckpointLine): Promise<number | null> {
  loads += 1;
  const into = join(root, `load-${loads}`);
  const manifest = await line.load(into);
  if (manifest === null) return null;
  expect(await readFile(join(into, 'weights.bin'), 'utf8')).toBe(`weights of step ${manifest.step}`);
  expect(await readFile(join(into, 'optimizer', 'state.bin'), 'utf8')).toBe(`state of step ${manifest.step}`);
  return manifest.step;
}

const codeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'no error', errorCode);

/** Every stored file of a checkpoint, except the list of them. */
async function stored(manifest: Manifest): Promise<string[]> {
  const folder = store.locate(manifest.files);
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names
    .filter((name) => name.isFile() && name.name !== 'manifest.json')
    .map((name) => join(name.parentPath, name.name));
}

test('a line on which nothing was committed has no checkpoint', async () => {
  expect(await loaded(await claim(1))).toBeNull();
});

test('the newest committed checkpoint is loaded', async () => {
  await commit(await claim(1), 10, 20, 30);
  expect(await loaded(await claim(2))).toBe(30);
});

test('a clean-up that fails leaves one checkpoint of the step and the one before it, and the next commit tidies up', async () => {
  const line = await claim(1);
  const done = await commit(line, 10, 20);
  const discard = vi.spyOn(store, 'discard').mockRejectedValue(new Error('the disk is gone'));
  done.push(...(await commit(line, 30)));
  const steps = async () =>
    (JSON.parse((await store.readPointer('line'))?.value ?? '{}').manifests as Manifest[]).map(({ step }) => step);
  expect((await steps()).slice(-2)).toEqual([20, 30]);
  discard.mockRestore();
  await truncate((await stored(done[2] as Manifest))[0] ?? '', 1);
  expect(await loaded(await claim(2))).toBe(20); // the fallback is still there
  const third = await claim(3);
  await commit(third, 40, 50);
  expect(await store.verify((done[0] as Manifest).files, 'sizes')).not.toBeNull();
});

test('a commit whose answer was lost is not made a second time', async () => {
  const line = await claim(1);
  await commit(line, 10);
  const swap = store.swapPointer.bind(store);
  vi.spyOn(store, 'swapPointer').mockImplementationOnce(async (...args) => {
    await swap(...args);
    throw new Error('connection reset');
  });
  await expect(commit(line, 20)).rejects.toThrow('connection reset');
  await commit(line, 20);
  const { manifests } = JSON.parse((await store.readPointer('line'))?.value ?? '{}') as { manifests: Manifest[] };
  expect(manifests.map(({ step }) => step)).toEqual([10, 20]);
});

test('what is not admitted is not committed, and what it refuses leaves nothing behind', async () => {
  const line = await claim(1);
  await commit(line, 10);
  await commit(line, 20);
  const { digest } = await line.commit(20, await files(20), () => false).then(({ files }) => files);
  expect(digest).toBe((await line.commit(20, await files(20), () => false)).files.digest);
  const no = () => {
    throw new Error('refused');
  };
  await expect(line.commit(25, await files(25), no)).rejects.toThrow('refused');
  expect(await loaded(await claim(2))).toBe(20);
});

test('a lazy claim writes nothing before the first commit, and fences like any other from then on', async () => {
  const first = await claim(1, { lazy: true });
  const second = await claim(2, { lazy: true });
  expect(await store.readPointer('line')).toBeNull();
  expect(await second.superseded()).toBe(false);

  await commit(second, 10, 20);
  expect(await codeOf(commit(first, 15))).toBe(ErrorCode.Fenced);
  expect(await first.superseded()).toBe(true);

  // Something is committed now, so a lazy claim fences at once.
  const third = await claim(3, { lazy: true });
  expect(await codeOf(commit(second, 30))).toBe(ErrorCode.Fenced);
  expect(await loaded(third)).toBe(20);
});

test('no more than the kept checkpoints stay in the store', async () => {
  const all = await commit(await claim(1), 10, 20, 30, 40);
  const whole = await Promise.all(all.map(async ({ files: tree }) => (await store.verify(tree, 'digests')) === null));
  expect(whole).toEqual([false, false, true, true]);
});

test('a checkpoint that another line or a model shares its bytes with is not deleted with the first', async () => {
  const shared = await store.putTree(await files(10), 'model');
  await commit(await claim(1, { keep: 1 }), 10, 20);
  expect(await store.verify(shared, 'digests')).toBeNull();
});

test('claiming twice by one owner is claiming once', async () => {
  await commit(await claim(1), 10);
  const again = await claim(1);
  expect(await loaded(again)).toBe(10);
  await commit(again, 20);
});

test('an older attempt, and a second execution of the same one, cannot claim', async () => {
  await claim(2);
  expect(await codeOf(claim(1))).toBe(ErrorCode.Fenced);
  expect(await codeOf(claim(2, { claim: claimOf(2, { owner: 'another' }) }))).toBe(ErrorCode.Fenced);
  await claim(2, { claim: claimOf(2, { owner: 'another', delivery: 2 }) });
  await claim(1, { claim: claimOf(1, { order: 5000, owner: 'after a reset' }) });
});

test('an attempt cannot commit once its successor has claimed, whatever is under way', async () => {
  const zombie = await claim(1);
  await commit(zombie, 10);
  const successor = await claim(2);
  expect(await codeOf(commit(zombie, 20))).toBe(ErrorCode.Fenced);
  await commit(successor, 15);
  expect(await codeOf(commit(zombie, 30))).toBe(ErrorCode.Fenced);
  expect(await loaded(await claim(3))).toBe(15);
});

test('what a fenced attempt uploaded does not take its successor’s equal files away', async () => {
  const zombie = await claim(1);
  const successor = await claim(2);
  await commit(successor, 20);
  expect(await codeOf(commit(zombie, 20))).toBe(ErrorCode.Fenced);
  expect(await codeOf(commit(zombie, 30))).toBe(ErrorCode.Fenced);
  expect(await loaded(await claim(3))).toBe(20);
  expect(await readdir(join(root, 'store', 'trees'))).toHaveLength(1);
});

describe('a checkpoint that cannot be read any more', () => {
  const damages: Record<string, (paths: string[]) => Promise<unknown>> = {
    truncated: ([path = '']) => truncate(path, 3),
    'missing a file': ([path = '']) => rm(path),
    'with one flipped bit': async ([path = '']) => {
      const bytes = await readFile(path);
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      await writeFile(path, bytes);
    },
    'gone as a whole': (paths) =>
      Promise.all(paths.map((path) => rm(resolve(path, '../..'), { recursive: true, force: true }))),
  };
  for (const [what, damage] of Object.entries(damages)) {
    test(`falls back to the one before when it is ${what}`, async () => {
      const [, newest] = await commit(await claim(1), 10, 20);
      await damage(await stored(newest as Manifest));
      expect(await loaded(await claim(2))).toBe(10);
    });
  }

  test('is an error when there is no other, never a start from the beginning', async () => {
    for (const manifest of await commit(await claim(1), 10, 20)) await truncate((await stored(manifest))[0] ?? '', 1);
    const error = await loaded(await claim(2)).catch((thrown: SluiceError) => thrown);
    expect(error).toMatchObject({ code: ErrorCode.CheckpointsUnreadable });
    expect((error as SluiceError).message).toMatch(/step 20: .*; step 10: /);
    expect(await loaded(await claim(3, { resume: 'never' }))).toBeNull();
  });
});

test('a store that is down is an error, never "no checkpoint"', async () => {
  await commit(await claim(1), 10);
  const down = new SluiceError(ErrorCode.Unreachable, 'The store does not answer.', { permanent: false });
  const fail = () => Promise.reject(down);
  const line = (broken: Partial<ArtifactStore>) =>
    claimLine({ ...store, ...broken }, 'line', { claim: claimOf(9), digests, resume: 'same', keep: 2 });
  await expect(line({ readPointer: fail })).rejects.toBe(down);
  await expect(line({ swapPointer: fail })).rejects.toBe(down);
  await expect((await line({ fetch: fail })).load(join(root, 'x'))).rejects.toBe(down);
});

test('bytes that lie damaged in the store are mended by committing them again', async () => {
  const [first] = await commit(await claim(1), 10);
  const [path = ''] = await stored(first as Manifest);
  const bytes = await readFile(path);
  await rm(path);
  await writeFile(path, Buffer.alloc(bytes.length, 1));

  const line = await claim(2);
  await commit(line, 10);
  expect(await loaded(await claim(3))).toBe(10);
});

test('an upload that does not verify is not committed', async () => {
  await commit(await claim(1), 10);
  const line = await claimLine({ ...store, verify: async () => 'a byte is wrong' }, 'line', {
    claim: claimOf(2),
    digests,
    resume: 'same',
    keep: 2,
  });
  expect(await codeOf(commit(line, 20))).toBe(ErrorCode.Corrupt);
  expect(await loaded(await claim(3))).toBe(10);
});

test('a commit whose answer was lost is not written twice', async () => {
  let lost = 1;
  const flaky: ArtifactStore = {
    ...store,
    swapPointer: async (key, expected, value) => {
      const version = await store.swapPointer(key, expected, value);
      if (value.includes('"step"') && lost > 0) {
        lost -= 1;
        return null;
      }
      return version;
    },
  };
  const line = await claimLine(flaky, 'line', { claim: claimOf(1), digests, resume: 'same', keep: 2 });
  await commit(line, 10);
  const pointer = await store.readPointer('line');
  expect(JSON.parse(pointer?.value ?? '').manifests).toHaveLength(1);
});

describe('a checkpoint of other work', () => {
  const now = { ...digests, code: otherDigest, hyper: otherDigest };

  test('is refused, and what differs is named', async () => {
    await commit(await claim(1), 10);
    const error = await loaded(await claim(2, { digests: now })).catch((thrown: SluiceError) => thrown);
    expect(error).toMatchObject({ code: ErrorCode.ResumeMismatch });
    expect((error as SluiceError).message).toBe(
      'The checkpoint of step 10 belongs to other work: code sha256:aaaaaaaa then, sha256:ffffffff now, hyper-parameters sha256:bbbbbbbb then, sha256:ffffffff now.',
    );
  });

  test('is taken by resume "anyway"', async () => {
    await commit(await claim(1), 10);
    expect(await loaded(await claim(2, { digests: now, resume: 'anyway' }))).toBe(10);
  });

  test('is left alone by resume "never", and replaced by what comes', async () => {
    await commit(await claim(1), 1000, 2000);
    const line = await claim(2, { digests: now, resume: 'never' });
    expect(await loaded(line)).toBeNull();
    await commit(line, 10, 20);
    expect(await loaded(await claim(3, { digests: now }))).toBe(20);
  });
});

test('lines of different steps never share a key', () => {
  const keys = [
    lineKey({ workflowId: 'a/b', step: 'c' }),
    lineKey({ workflowId: 'a', step: 'b/c' }),
    lineKey({ workflowId: '..', step: 'c' }),
    lineKey({ workflowId: 'ä'.repeat(100), step: 'c' }),
    lineKey({ workflowId: `${'ä'.repeat(100)}b`, step: 'c' }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.every((key) => !key.includes('..') && key.length < 400)).toBe(true);
});

test('a process that is killed at any of its writes leaves a line that loads', async () => {
  await commit(await claim(1, { keep: 1 }), 10);
  const twenty = await files(20);
  const pristine = join(root, 'store');
  let last = 10;
  for (let dieAt = 1; ; dieAt += 1) {
    const copy = join(root, `store-${dieAt}`);
    await cp(pristine, copy, { recursive: true });
    const { killed, writes } = await commitInChild(copy, twenty, dieAt);
    store = fileStore(copy);
    const successor = await claim(3, { keep: 1 });
    const step = await loaded(successor);
    expect([10, 20], `killed at write ${dieAt}`).toContain(step);
    expect(step, `killed at write ${dieAt}`).toBeGreaterThanOrEqual(last); // once committed, committed for good
    last = step ?? 0;
    await commit(successor, 30);
    expect(await loaded(await claim(4, { keep: 1 }))).toBe(30);
    await rm(copy, { recursive: true });
    if (killed) continue;
    expect(last).toBe(20);
    expect(dieAt).toBe(writes + 1);
    expect(writes).toBeGreaterThan(15);
    return;
  }
});

function commitInChild(copy: string, directory: string, dieAt: number): Promise<{ killed: boolean; writes: number }> {
  const child = join(import.meta.dirname, '..', 'testing', 'commit-child.ts');
  return new Promise((done, failed) => {
    execFile(process.execPath, [child, copy, directory, String(dieAt)], (error, stdout, stderr) => {
      if (error !== null && error.signal !== 'SIGKILL') failed(new Error(stderr));
      else done({ killed: error !== null, writes: Number(stdout) });
    });
  });
}
