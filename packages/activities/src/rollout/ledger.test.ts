import type { Ledger } from '@sluice/sdk';
import { expect, test } from 'vitest';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { readLedger, saveLedgerActivity } from './ledger.ts';

/** Pointers as the stores keep them: a swap needs the version that was read. */
function pointers(beforeSwap: () => void = () => {}) {
  const values = new Map<string, { value: string; version: string }>();
  let count = 0;
  const store = {
    readPointer: async (key: string) => values.get(key) ?? null,
    swapPointer: async (key: string, expected: string | null, value: string) => {
      beforeSwap();
      if ((values.get(key)?.version ?? null) !== expected) return null;
      count += 1;
      values.set(key, { value, version: String(count) });
      return String(count);
    },
  } as unknown as ArtifactStore;
  return { context: { store }, values };
}

const page = (left: string): Ledger => ({
  stable: null,
  formers: [],
  banned: [left],
  answered: [],
  horizon: 0,
  left: [],
  history: [],
  underWay: null,
});

test('pages follow each other, and the last one is read', async () => {
  const { context } = pointers();
  const save = saveLedgerActivity(context);
  expect(await readLedger(context, 'shop')).toBeNull();
  expect(await save({ endpoint: 'shop', seq: 1, owner: 'a', ledger: page('v1') })).toEqual({ conflict: false });
  expect(await save({ endpoint: 'shop', seq: 2, owner: 'a', ledger: page('v2') })).toEqual({ conflict: false });
  expect(await readLedger(context, 'shop')).toEqual({ seq: 2, page: page('v2') });
  expect(await readLedger(context, 'other')).toBeNull();
});

test('a page whose answer was lost may be written again, by anybody who would write the same', async () => {
  const { context } = pointers();
  const save = saveLedgerActivity(context);
  await save({ endpoint: 'shop', seq: 1, owner: 'a', ledger: page('v1') });
  expect(await save({ endpoint: 'shop', seq: 1, owner: 'a', ledger: page('v1') })).toEqual({ conflict: false });
  expect(await save({ endpoint: 'shop', seq: 1, owner: 'b', ledger: page('v1') })).toEqual({ conflict: false });
});

test('a page that its own author gave up is written over; another author’s is a conflict, and stays', async () => {
  const { context } = pointers();
  const save = saveLedgerActivity(context);
  await save({ endpoint: 'shop', seq: 1, owner: 'a', ledger: page('v1') });
  expect(await save({ endpoint: 'shop', seq: 1, owner: 'a', ledger: page('v2') })).toEqual({ conflict: false });
  expect(await save({ endpoint: 'shop', seq: 1, owner: 'b', ledger: page('v3') })).toEqual({ conflict: true });
  expect(await readLedger(context, 'shop')).toEqual({ seq: 1, page: page('v2') });
});

test('an execution from before a reset does not write over what came after', async () => {
  const { context } = pointers();
  const save = saveLedgerActivity(context);
  for (const seq of [1, 2, 3]) await save({ endpoint: 'shop', seq, owner: 'a', ledger: page(`v${seq}`) });
  expect(await save({ endpoint: 'shop', seq: 2, owner: 'a', ledger: page('old') })).toEqual({ conflict: true });
  expect((await readLedger(context, 'shop'))?.seq).toBe(3);
});

test('two who write at once do not both succeed', async () => {
  let rival = async () => {};
  const { context } = pointers(() => {
    const race = rival;
    rival = async () => {};
    void race();
  });
  const save = saveLedgerActivity(context);
  let other: Promise<{ conflict: boolean }> | undefined;
  rival = async () => {
    other = save({ endpoint: 'shop', seq: 1, owner: 'b', ledger: page('theirs') });
    await other;
  };
  const mine = await save({ endpoint: 'shop', seq: 1, owner: 'a', ledger: page('mine') });
  const outcomes = [mine.conflict, (await other)?.conflict];
  expect(outcomes.filter((conflict) => conflict === false)).toHaveLength(1);
});
