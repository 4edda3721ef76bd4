import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { checkpointUploader, type LocalCheckpoint } from './uploader.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-upload-'));
});
afterEach(() => rm(root, { recursive: true }));

async function checkpoint(step: number): Promise<LocalCheckpoint> {
  const directory = join(root, String(step));
  await mkdir(directory);
  return { step, directory, reachedAt: step };
}
const exists = (directory: string) =>
  access(directory).then(
    () => true,
    () => false,
  );
const later = () => Date.now() + 5000;

/** Uploads that go on only when they are let go. */
function gate() {
  const committed: number[] = [];
  const open: (() => void)[] = [];
  return {
    committed,
    started: () => open.length + committed.length,
    next: () => open.shift()?.(),
    commit: async ({ step }: LocalCheckpoint) => {
      await new Promise<void>((done) => open.push(done));
      committed.push(step);
    },
  };
}
const quiet = { onFatal: () => {}, onRetry: () => {}, firstWait: 1 };

test('one checkpoint is uploaded at a time, and of those that wait only the newest', async () => {
  const at = gate();
  const uploader = checkpointUploader({ ...quiet, commit: at.commit });
  const all = await Promise.all([1, 2, 3, 4].map(checkpoint));
  for (const one of all) uploader.add(one);
  expect(at.started()).toBe(1);
  at.next();
  await vi.waitFor(() => expect(at.started()).toBe(2));
  at.next();
  expect(await uploader.flush(later())).toBe(true);
  expect(at.committed).toEqual([1, 4]);
  expect(await Promise.all(all.map(({ directory }) => exists(directory)))).toEqual([false, false, false, false]);
});

test('checkpoints of one step are all uploaded, so that two that differ are noticed', async () => {
  const at = gate();
  const uploader = checkpointUploader({ ...quiet, commit: at.commit });
  const all = await Promise.all([1, 2, 3].map(checkpoint));
  const second = { ...(await checkpoint(33)), step: 3 };
  for (const one of [...all, second]) uploader.add(one);
  for (const started of [2, 3]) {
    at.next();
    await vi.waitFor(() => expect(at.started()).toBe(started));
  }
  at.next();
  expect(await uploader.flush(later())).toBe(true);
  expect(at.committed).toEqual([1, 3, 3]);
});

test('a checkpoint that is added after all is done is uploaded too', async () => {
  const committed: number[] = [];
  const uploader = checkpointUploader({ ...quiet, commit: async ({ step }) => void committed.push(step) });
  for (const step of [1, 2, 3]) {
    uploader.add(await checkpoint(step));
    await vi.waitFor(() => expect(committed).toContain(step));
  }
  expect(await uploader.flush(later())).toBe(true);
  expect(committed).toEqual([1, 2, 3]);
});

test('a normal end waits for the upload in flight only', async () => {
  const at = gate();
  const uploader = checkpointUploader({ ...quiet, commit: at.commit });
  uploader.add(await checkpoint(1));
  uploader.add(await checkpoint(2));
  const settled = uploader.settle(later());
  await vi.waitFor(() => expect(at.started()).toBe(1));
  at.next();
  expect(await settled).toBe(true);
  expect(at.committed).toEqual([1]);
});

test('a deadline is kept although an upload hangs', async () => {
  const uploader = checkpointUploader({ ...quiet, commit: () => new Promise(() => {}) });
  uploader.add(await checkpoint(1));
  const began = Date.now();
  expect(await uploader.flush(began + 100)).toBe(false);
  expect(Date.now() - began).toBeLessThan(2000);
});

test('an upload that fails is tried again until it works', async () => {
  let failures = 3;
  const retries: number[] = [];
  const uploader = checkpointUploader({
    ...quiet,
    onRetry: ({ step }) => retries.push(step),
    commit: async () => {
      failures -= 1;
      if (failures >= 0) throw new SluiceError(ErrorCode.Unreachable, 'down', { permanent: false });
    },
  });
  uploader.add(await checkpoint(1));
  expect(await uploader.flush(later())).toBe(true);
  expect(retries).toEqual([1, 1, 1]);
});

test('a newer checkpoint takes the place of one that fails', async () => {
  const tried: number[] = [];
  const uploader = checkpointUploader({
    ...quiet,
    commit: async ({ step }) => {
      tried.push(step);
      if (step === 1) throw new Error('down');
    },
  });
  for (const one of await Promise.all([1, 2].map(checkpoint))) uploader.add(one);
  expect(await uploader.flush(later())).toBe(true);
  expect(tried).toEqual([1, 2]);
});

test('the first wait after a failure is cut short by the end', async () => {
  let tries = 0;
  const uploader = checkpointUploader({
    ...quiet,
    firstWait: 60_000,
    commit: async () => {
      tries += 1;
      if (tries === 1) throw new Error('down');
    },
  });
  uploader.add(await checkpoint(1));
  await vi.waitFor(() => expect(tries).toBe(1));
  expect(await uploader.flush(later())).toBe(true);
});

test('a newer attempt’s claim ends the uploads', async () => {
  const fatal: unknown[] = [];
  const error = new SluiceError(ErrorCode.Fenced, 'outdated');
  const uploader = checkpointUploader({
    ...quiet,
    onFatal: (one) => fatal.push(one),
    commit: () => Promise.reject(error),
  });
  uploader.add(await checkpoint(1));
  expect(await uploader.flush(later())).toBe(false);
  expect(fatal).toEqual([error]);
});
