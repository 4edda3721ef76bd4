import { AsyncLocalStorage } from 'node:async_hooks';
import { INLINE_KEYS, SluiceError } from '@sluice/sdk';
import { CancelledFailure } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

// Temporal's sandbox has it as a global; outside of it these modules find it the same way.
Object.assign(globalThis, { AsyncLocalStorage });
const { CHILD_KEYS, forkOf, settleAll, slicesOf } = await import('./fan-out.ts');
const { currentScopes, inScope } = await import('./scope.ts');

const keysOf = (count: number) => Array.from({ length: count }, (_, i) => `key-${i}`);
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a fan-out inside its workflow', () => {
  it('keeps the order of the keys, whichever is ready first', async () => {
    const settled = await settleAll({ name: 'k', concurrency: 3 }, ['a', 'b', 'c'], async (index) => {
      for (let i = index; i < 3; i++) await turn();
      return index;
    });
    expect(settled).toEqual([
      { key: 'a', ok: true, value: 0 },
      { key: 'b', ok: true, value: 1 },
      { key: 'c', ok: true, value: 2 },
    ]);
  });

  it('settles all keys, keeps each failure by key, and tells of each as it ends', async () => {
    const told: boolean[] = [];
    const settled = await settleAll(
      { name: 'k', concurrency: 1 },
      keysOf(4),
      async (index) => {
        if (index === 1) throw new SluiceError('TrainerFailed', 'exit 1');
        if (index === 2) throw new RangeError('mine');
        return index;
      },
      (ok) => told.push(ok),
    );
    expect(settled.map((one) => (one.ok ? one.value : one.error))).toEqual([
      0,
      { code: 'TrainerFailed', message: 'exit 1' },
      { code: 'RangeError', message: 'mine' },
      3,
    ]);
    expect(told).toEqual([true, false, false, true]);
  });

  it('keeps a failure of a body that throws before it awaits anything', async () => {
    const broken = (() => {
      throw new Error('at once');
    }) as unknown as () => Promise<never>;
    expect(await settleAll({ name: 'k', concurrency: 5 }, ['a'], broken)).toMatchObject([{ ok: false }]);
  });

  it('never has more under way than its concurrency, and as many as that', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), fc.nat(20), async (concurrency, count) => {
        let now = 0;
        let most = 0;
        await settleAll({ name: 'k', concurrency }, keysOf(count), async () => {
          most = Math.max(most, ++now);
          await turn();
          now--;
        });
        expect(most).toBe(Math.min(concurrency, count));
      }),
      { numRuns: 30 },
    );
  });

  it('bounds what each failure says, for there may be as many as keys', async () => {
    const [one] = await settleAll({ name: 'k', concurrency: 1 }, ['a'], async () => {
      throw new Error('x'.repeat(100_000));
    });
    expect(one?.ok === false && one.error.message.length).toBe(1_000);
  });

  it('begins nothing more once it is cancelled, and ends as cancelled when what is under way has ended', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const all = settleAll({ name: 'k', concurrency: 2 }, keysOf(10), async (index) => {
      begun.push(index);
      if (index === 1) throw new CancelledFailure('stop');
      await turn();
      ended.push(index);
    });
    await expect(all).rejects.toBeInstanceOf(CancelledFailure);
    expect(begun).toEqual([0, 1]);
    expect(ended).toEqual([0]);
  });

  it('runs each body in the scope of its key, also across awaits and inside of other maps', async () => {
    const seen: string[] = [];
    await inScope({ map: 'outer', key: 'o' }, () =>
      settleAll({ name: 'k', concurrency: 4 }, keysOf(4), async (index) => {
        for (let i = index; i < 4; i++) await turn();
        seen.push(
          currentScopes()
            .map(({ map, key }) => `${map}=${key}`)
            .join('/'),
        );
      }),
    );
    expect(seen.sort()).toEqual(keysOf(4).map((key) => `outer=o/k=${key}`));
    expect(currentScopes()).toEqual([]);
  });
});

describe('the slices of a large fan-out', () => {
  it('have every key once, in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: INLINE_KEYS + 1, max: 30_000 }),
        fc.integer({ min: 1, max: 9_000 }),
        (count, concurrency) => {
          const keys = keysOf(count);
          const { slices, lanes } = slicesOf(keys, concurrency);
          expect(lanes).toBeLessThanOrEqual(Math.min(concurrency, slices.length));
          expect(slices.flatMap((slice) => slice.keys)).toEqual(keys);
          expect(slices.every((slice) => slice.keys[0] === keys[slice.from])).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('are of two hundred keys at most, and of up to four hundred when there are very many', () => {
    const sizes = (count: number) => slicesOf(keysOf(count), 100).slices.map(({ keys }) => keys.length);
    expect(sizes(501)).toEqual([126, 126, 126, 123]);
    expect(sizes(4_000)).toEqual(new Array(20).fill(CHILD_KEYS));
    expect(sizes(5_000)).toEqual(new Array(20).fill(250));
    expect(sizes(20_000)).toEqual([...new Array(51).fill(385), 365]);
  });

  it('are worked on by four children at least, so that the last key of one does not keep all others waiting', () => {
    const lanes = (concurrency: number, count = 2_000) => slicesOf(keysOf(count), concurrency).lanes;
    expect([1, 2, 16, 100, 200, 5_000].map((concurrency) => lanes(concurrency))).toEqual([1, 2, 4, 4, 8, 10]);
    expect(lanes(5_000, 501)).toBe(4);
  });
});

describe('what makes a run a part of a fan-out', () => {
  it('is a second argument of the right form, and nothing that somebody typed', () => {
    const fork = {
      runId: 'r',
      mapPath: 'k',
      from: 0,
      keys: ['a'],
      concurrency: 1,
      results: {},
      mlflowRun: null,
      patches: {},
      underWay: [],
      build: null,
    };
    const { results: _, ...bare } = fork;
    const results = { before: { ok: true, value: 1 } };
    expect(forkOf(bare, results)).toEqual({ ...fork, results });
    expect(forkOf(fork, undefined)).toEqual(fork);
    for (const other of [undefined, null, 'x', 7, [], {}, { mapPath: 'k' }]) {
      expect(forkOf(other, results)).toBeUndefined();
    }
  });
});
