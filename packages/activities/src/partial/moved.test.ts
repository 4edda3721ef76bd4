import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { collectGarbage } from '../gc/collect.ts';
import { collecting } from '../gc/testing/options.ts';
import { azureBlobStore } from '../store/azure-blob-store.ts';
import { fileStore } from '../store/file-store.ts';
import type { SweepableStore } from '../store/store-sweep.ts';
import { type Azurite, startAzurite } from '../store/testing/azurite.ts';
import { openPartialResults, type PartialResults } from './partial-results.ts';
import { parseStored, partialKey } from './stored-parts.ts';

const ref = { workflowId: 'p/0', step: 'quality' };
const key = partialKey(ref);
let root: string;
let store: SweepableStore;
let warnings: string[];
let opened: PartialResults[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-moved-'));
  store = fileStore(join(root, 'store'));
  warnings = [];
  opened = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(opened.map((one) => one.close()));
  await rm(root, { recursive: true });
});

interface Where {
  readonly machine: string;
  readonly attempt: number;
  readonly work?: string;
  readonly begun?: number;
  readonly at?: SweepableStore;
}

async function attempt({ machine, attempt: number, work = 'suite', begun = 1, at = store }: Where) {
  const results = await openPartialResults({
    folder: join(root, machine, work),
    work,
    moved: { store: at, ref, attempt: { begun, attempt: number } },
    warn: (line) => warnings.push(line),
  });
  opened.push(results);
  return results;
}

async function write(results: PartialResults, ...lines: readonly string[]): Promise<void> {
  for (const line of lines) await appendFile(results.own('log'), `${line}\n`);
}

/** The lines that an attempt found. */
async function found(results: PartialResults): Promise<readonly string[]> {
  const texts = await Promise.all(
    results.found.map(async ({ path, bytes }) => (await readFile(path)).toString('utf8', 0, bytes)),
  );
  return texts.join('').split('\n').filter(Boolean);
}

async function storedParts() {
  const pointer = await store.readPointer(key);
  return pointer === null ? null : (parseStored(pointer.value)?.parts ?? []);
}

/** Lets half minutes pass until something holds; what is stored is written in real time. */
function passing(holds: () => Promise<void>): Promise<void> {
  return vi.waitFor(async () => {
    await vi.advanceTimersByTimeAsync(31_000);
    await holds();
  });
}

/** Files that the store holds. */
async function blobs(): Promise<readonly string[]> {
  return readdir(join(root, 'store', 'blobs')).catch(() => []);
}

describe('what a step has done', () => {
  test('is found by the next attempt on another machine, and by the one after that on a third', async () => {
    const first = await attempt({ machine: 'a', attempt: 1 });
    await write(first, 'one', 'two');
    await first.close();
    const second = await attempt({ machine: 'b', attempt: 2 });
    expect(await found(second)).toEqual(['one', 'two']);
    await write(second, 'three');
    await second.close();
    const third = await attempt({ machine: 'c', attempt: 3 });
    expect(await found(third)).toEqual(['one', 'two', 'three']);
    expect(warnings).toEqual([]);
  });

  test('is stored bit by bit while the step goes on', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    const results = await attempt({ machine: 'a', attempt: 1 });
    const bytes = async () => (await storedParts())?.flatMap(({ segments }) => segments.map((one) => one.bytes)) ?? [];
    await write(results, 'one');
    expect(await bytes()).toEqual([]);
    await passing(async () => expect(await bytes()).toEqual([4]));
    await write(results, 'two', 'three');
    // What is small is put again together with what has come since.
    await passing(async () => expect(await bytes()).toEqual([14]));
    await write(results, 'x');
    await passing(async () => expect(await bytes()).toEqual([14, 2]));
    // The four bytes that were there first are gone.
    await passing(async () => expect(await blobs()).toHaveLength(2));
  });

  test('is not fetched where the disk has more than the store', async () => {
    const first = await attempt({ machine: 'a', attempt: 1 });
    await write(first, 'one');
    await first.close();
    await write(first, 'two');
    const fetch = vi.spyOn(store, 'fetch');
    expect(await found(await attempt({ machine: 'a', attempt: 2 }))).toEqual(['one', 'two']);
    expect(fetch).not.toHaveBeenCalled();
  });

  test('is found whole where the disk has lost a part of it', async () => {
    const first = await attempt({ machine: 'a', attempt: 1 });
    await write(first, 'one', 'two');
    await first.close();
    await rm(first.own('log'));
    expect(await found(await attempt({ machine: 'a', attempt: 2 }))).toEqual(['one', 'two']);
  });

  test('goes on from the machine that did most, though the step comes back to one that did less', async () => {
    const first = await attempt({ machine: 'a', attempt: 1 });
    await write(first, 'one');
    await first.close();
    await write(first, 'only here');
    const second = await attempt({ machine: 'b', attempt: 2 });
    await write(second, 'two');
    await second.close();
    expect(await found(await attempt({ machine: 'a', attempt: 3 }))).toEqual(['one', 'two']);
  });

  test('is of no use to other work, and its bytes go', async () => {
    const first = await attempt({ machine: 'a', attempt: 1 });
    await write(first, 'one');
    await first.close();
    expect(await blobs()).toHaveLength(1);
    const other = await attempt({ machine: 'b', attempt: 1, begun: 2, work: 'another-suite' });
    expect(await found(other)).toEqual([]);
    expect(await storedParts()).toEqual([]);
    expect(await blobs()).toEqual([]);
    await write(other, 'two');
    await other.close();
    expect(await found(await attempt({ machine: 'c', attempt: 2, begun: 2, work: 'another-suite' }))).toEqual(['two']);
  });

  test('is gone everywhere when it has come to its end', async () => {
    const first = await attempt({ machine: 'a', attempt: 1 });
    await write(first, 'one');
    await first.close();
    const second = await attempt({ machine: 'b', attempt: 2 });
    await write(second, 'two');
    await second.finish();
    expect(await storedParts()).toEqual([]);
    expect(await blobs()).toEqual([]);
    expect(await readdir(join(root, 'b'))).toEqual([]);
  });

  test('leaves its result to an attempt elsewhere that has to tell it again', async () => {
    const first = await attempt({ machine: 'a', attempt: 1 });
    await write(first, 'one');
    await first.close();
    const second = await attempt({ machine: 'b', attempt: 2 });
    await second.finish({ verdict: 'pass' });
    expect(await blobs()).toHaveLength(1);
    const third = await attempt({ machine: 'c', attempt: 3 });
    expect(JSON.parse(await readFile(third.result?.path ?? '', 'utf8'))).toEqual({ verdict: 'pass' });
    expect(await found(third)).toEqual([]);
  });

  test('asks nothing of the store where the step takes a moment, but for whether others began it', async () => {
    const put = vi.spyOn(store, 'putFile');
    const swap = vi.spyOn(store, 'swapPointer');
    const results = await attempt({ machine: 'a', attempt: 1 });
    await write(results, 'one');
    await results.finish({ verdict: 'pass' });
    expect(put).not.toHaveBeenCalled();
    expect(swap).not.toHaveBeenCalled();
  });
});

describe('an older attempt that is believed dead and is not', () => {
  test('stores nothing more once a newer one has begun, and takes nothing away', async () => {
    const older = await attempt({ machine: 'a', attempt: 1 });
    await write(older, 'one');
    await older.close();
    const alive = await attempt({ machine: 'a', attempt: 1 });
    const newer = await attempt({ machine: 'b', attempt: 2 });
    await write(alive, 'too late');
    await alive.close();
    await write(newer, 'two');
    await newer.close();
    await alive.finish({ verdict: 'fail' });
    const last = await attempt({ machine: 'c', attempt: 3 });
    expect(await found(last)).toEqual(['one', 'two']);
    expect(last.result).toBeNull();
  });

  test('began to store before the newer one did: what it stored gives way', async () => {
    const older = await attempt({ machine: 'a', attempt: 1 });
    const newer = await attempt({ machine: 'b', attempt: 2 });
    await write(older, 'old');
    await older.close();
    await write(newer, 'new');
    await newer.close();
    expect(await found(await attempt({ machine: 'c', attempt: 3 }))).toEqual(['new']);
    expect(await blobs()).toHaveLength(1);
  });
});

describe('a store that is gone', () => {
  const gone = new SluiceError(ErrorCode.Unreachable, 'The store does not answer.');

  test('fails nothing: it is told once, and what was not stored is when the store is back', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    const results = await attempt({ machine: 'a', attempt: 1 });
    const read = vi.spyOn(store, 'readPointer').mockRejectedValue(gone);
    for (let minute = 0; minute < 10; minute += 1) {
      await write(results, `minute ${minute}`);
      await vi.advanceTimersByTimeAsync(60_000);
    }
    await passing(async () => expect(warnings).toHaveLength(1));
    expect(warnings[0]).toContain('quality: partial results cannot be stored for now');
    read.mockRestore();
    await passing(async () => expect((await storedParts())?.length).toBe(1));
    expect(warnings[1]).toContain('the store answers again');
    await results.close();
    expect(await found(await attempt({ machine: 'b', attempt: 2 }))).toHaveLength(10);
  });

  test('when an attempt begins elsewhere means that it starts over, and says so', async () => {
    const first = await attempt({ machine: 'a', attempt: 1 });
    await write(first, 'one');
    await first.close();
    vi.spyOn(store, 'readPointer').mockRejectedValueOnce(gone);
    const second = await attempt({ machine: 'b', attempt: 2 });
    expect(await found(second)).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('counts as not done (The store does not answer')]);
    await write(second, 'again');
    await second.close();
    expect(await found(await attempt({ machine: 'c', attempt: 3 }))).toEqual(['again']);
  });

  test('just when its answer is due costs what was done elsewhere, and nothing of what is done now', async () => {
    const first = await attempt({ machine: 'a', attempt: 1 });
    await write(first, 'one');
    await first.close();
    const swap = store.swapPointer;
    vi.spyOn(store, 'swapPointer').mockImplementationOnce(async (...args) => {
      await swap(...args);
      throw gone;
    });
    const second = await attempt({ machine: 'b', attempt: 2 });
    await write(second, 'again');
    await second.close();
    await write(second, 'not stored');
    expect(await found(await attempt({ machine: 'b', attempt: 3 }))).toEqual(['again', 'not stored']);
  });

  test('in the middle of a part leaves what the disk has of it', async () => {
    const first = await attempt({ machine: 'a', attempt: 1 });
    await write(first, 'one');
    await first.close();
    await write(await attempt({ machine: 'b', attempt: 2 }), 'two');
    vi.spyOn(store, 'fetch').mockRejectedValueOnce(gone);
    expect(await found(await attempt({ machine: 'c', attempt: 3 }))).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('a part of what was done on another machine cannot be had')]);
  });
});

describe('collecting garbage', () => {
  const year = 365 * 24 * 3_600_000;
  const collect = (status: 'open' | 'ended' | 'completed') => {
    const run = { workflowId: ref.workflowId, runId: '1', status, closedAt: status === 'open' ? null : Date.now() };
    const runs = { list: async () => [run], mark: async () => {} };
    return collectGarbage(collecting(store, join(root, '.sluice'), { runs, now: Date.now() + year }));
  };

  test.each(['open', 'ended'] as const)('spares what a step of a run that is %s has done', async (status) => {
    const first = await attempt({ machine: 'a', attempt: 1 });
    await write(first, 'one');
    await first.close();
    await collect(status);
    expect(await found(await attempt({ machine: 'b', attempt: 2 }))).toEqual(['one']);
    expect(warnings).toEqual([]);
  });

  test('takes what a run that has completed left', async () => {
    const first = await attempt({ machine: 'a', attempt: 1 });
    await write(first, 'one');
    await first.close();
    await collect('completed');
    expect(await storedParts()).toBeNull();
    expect(await blobs()).toEqual([]);
  });
});

describe('in an Azure Blob store', () => {
  let azurite: Azurite;
  beforeAll(async () => {
    azurite = await startAzurite();
  }, 60_000);
  afterAll(() => azurite.stop());

  test('what a step has done moves on, an older attempt stores nothing more, and in the end it is gone', async () => {
    const at = azureBlobStore({ connectionString: azurite.connectionString, container: 'partial', prefix: 'p' });
    const first = await attempt({ machine: 'a', attempt: 1, at });
    await write(first, 'one');
    await first.carry();
    const second = await attempt({ machine: 'b', attempt: 2, at });
    expect(await found(second)).toEqual(['one']);
    await write(first, 'too late');
    await first.close();
    await write(second, 'two');
    await second.close();
    const third = await attempt({ machine: 'c', attempt: 3, at });
    expect(await found(third)).toEqual(['one', 'two']);
    await third.finish();
    expect((await at.readPointer(key))?.value).toContain('"parts":[]');
    const left = [];
    for await (const artifact of at.artifacts()) left.push(artifact);
    expect(left).toEqual([]);
    expect(warnings).toEqual([]);
  }, 60_000);
});
