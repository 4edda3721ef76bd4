import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ErrorCode } from '../errors.ts';
import { useRuntime } from '../runtime.ts';
import { fakeRuntime } from '../testing/runtime.ts';
import { map } from './map.ts';

let runtime: ReturnType<typeof fakeRuntime>;
let restore = () => {};
beforeEach(() => {
  runtime = fakeRuntime();
  restore = useRuntime(runtime);
});
afterEach(() => restore());

/** Fails for the keys of `bad`. */
const failing = (bad: readonly string[]) => async (key: string) => {
  if (bad.includes(key)) throw new Error(`no luck with ${key}`);
  return key.toUpperCase();
};

describe('map', () => {
  it('gives the results in the order of the items, whichever is ready first', async () => {
    const slowFirst = (ms: number) => new Promise<number>((resolve) => setTimeout(resolve, ms, ms));
    expect(await map('ms', [30, 1, 15], {}, slowFirst)).toEqual([30, 1, 15]);
  });

  it('hands each body its item, whatever the key is', async () => {
    const items = [
      { id: 'a', n: 1 },
      { id: 'b', n: 2 },
    ];
    expect(await map('item', items, { key: ({ id }) => id }, async ({ n }) => n * 10)).toEqual([10, 20]);
    expect(runtime.order).toEqual(['a', 'b']);
  });

  it('of nothing is nothing', async () => {
    expect(await map('k', [], {}, async () => 1)).toEqual([]);
    expect(await map('k', [], { tolerate: { ratio: 0 } }, async () => 1)).toEqual({ ok: [], failed: [] });
  });

  it('waits for all keys, then throws one error that lists each failed one', async () => {
    const done: string[] = [];
    const body = async (key: string) => {
      await failing(['b', 'ключ/=%'])(key);
      await new Promise((resolve) => setTimeout(resolve, 5));
      done.push(key);
    };
    await expect(map('k', ['b', 'a', 'ключ/=%', 'c'], {}, body)).rejects.toMatchObject({
      code: ErrorCode.MapFailed,
      where: 'map k',
      message: '2 of 4 keys of map k failed: b: no luck with b; ключ/=%: no luck with ключ/=%',
      data: [
        { key: 'b', error: { code: 'Test', message: 'no luck with b' } },
        { key: 'ключ/=%', error: { code: 'Test', message: 'no luck with ключ/=%' } },
      ],
    });
    expect(done).toEqual(['a', 'c']);
  });

  it('keeps its error readable and small when thousands of keys fail', async () => {
    const keys = Array.from({ length: 2000 }, (_, i) => `key-${i}`);
    const error = await map('k', keys, {}, failing(keys)).catch((one: Error & { data: unknown[] }) => one);
    expect(error).toMatchObject({ message: expect.stringMatching(/^2000 of 2000 keys .*; and 1980 more$/) });
    expect((error as { data: unknown[] }).data).toHaveLength(500);
  });

  it('bounds the message of each key, so that the error still fits into a failure', async () => {
    const keys = Array.from({ length: 600 }, (_, i) => `key-${i}`);
    const chatty = async () => {
      throw new Error('x'.repeat(100_000));
    };
    const error = await map('k', keys, {}, chatty).catch((one: Error & { data: unknown }) => one);
    expect(JSON.stringify([(error as Error).message, (error as { data: unknown }).data]).length).toBeLessThan(600_000);
  });
});

describe('tolerated failures', () => {
  const keys = ['a', 'b', 'c', 'd'];

  it.each([
    [0, 0, true],
    [0, 1, false],
    [2, 2, true],
    [2, 3, false],
    [{ ratio: 0 }, 0, true],
    [{ ratio: 0 }, 1, false],
    [{ ratio: 0.5 }, 2, true],
    [{ ratio: 0.5 }, 3, false],
    [{ ratio: 1 }, 4, true],
  ])('with tolerate %j and %d of 4 failed: goes on %s', async (tolerate, failed, goesOn) => {
    const result = map('k', keys, { tolerate }, failing(keys.slice(0, failed)));
    if (!goesOn) await expect(result).rejects.toMatchObject({ code: ErrorCode.MapFailed });
    else {
      const { ok, failed: list } = await result;
      expect(list.map(({ key }) => key)).toEqual(keys.slice(0, failed));
      expect(ok).toEqual(keys.slice(failed).map((key) => ({ key, value: key.toUpperCase() })));
    }
  });

  it('may be exactly the ratio, for every ratio there is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.nat(), async (total, n) => {
        const count = n % (total + 1);
        const all = Array.from({ length: total }, (_, i) => String(i));
        const tolerate = { ratio: count / total };
        await map('k', all, { tolerate }, failing(all.slice(0, count)));
        if (count < total)
          await expect(map('k', all, { tolerate }, failing(all.slice(0, count + 1)))).rejects.toThrow();
      }),
      { numRuns: 50 },
    );
    // 0.29 × 100 is 28.999999999999996
    const hundred = Array.from({ length: 100 }, (_, i) => String(i));
    expect(await map('k', hundred, { tolerate: { ratio: 0.29 } }, failing(hundred.slice(0, 29)))).toBeDefined();
  });

  it.each([
    -1,
    1.5,
    Number.NaN,
    { ratio: -0.1 },
    { ratio: 1.1 },
    { ratio: Number.NaN },
    {},
    { ration: 1 },
    'all',
    true,
  ])('cannot be %j', async (tolerate) => {
    await expect(map('k', keys, { tolerate: tolerate as never }, failing([]))).rejects.toMatchObject({
      code: ErrorCode.InvalidStep,
      where: 'map k',
    });
    expect(runtime.order).toEqual([]);
  });
});

describe('keys', () => {
  const none = async () => null;

  it('may be any text, and numbers', async () => {
    await map('k', ['b/ad', 'ключ', 'a=b', '%', ' ', '🚀', 7, -0.5], {}, none);
    expect(runtime.order).toEqual(['b/ad', 'ключ', 'a=b', '%', ' ', '🚀', '7', '-0.5']);
  });

  it('that are not unique are refused with both places', async () => {
    await expect(map('k', ['a', 'b', 'a'], {}, none)).rejects.toMatchObject({
      code: ErrorCode.DuplicateStep,
      message: 'items 0 and 2 of map k have the same key "a".',
    });
    await expect(map('k', ['7', 7], {}, none)).rejects.toMatchObject({ code: ErrorCode.DuplicateStep });
  });

  it.each([[''], [null], [undefined], [{}], [Number.NaN], ['\ud800'], [true]])('cannot be %j', async (key) => {
    await expect(map('k', [key as string], {}, none)).rejects.toThrow(/item 0 has the key .*, which is no key/);
    await expect(map('k', [1], { key: () => key as string }, none)).rejects.toThrow(/which is no key/);
  });

  it('of a hole in the list are missing too', async () => {
    const list = ['a'];
    list[2] = 'c';
    await expect(map('k', list, {}, none)).rejects.toThrow(/item 1 has the key undefined/);
  });
});

describe('what map refuses', () => {
  it.each<[RegExp, () => Promise<unknown>]>([
    [/the items are a Set, not a list/, () => map('k', new Set(['a']) as never, {}, async () => 1)],
    [/the items are "abc", not a list/, () => map('k', 'abc' as never, {}, async () => 1)],
    [/concurrency is 0/, () => map('k', ['a'], { concurrency: 0 }, async () => 1)],
    [/concurrency is Infinity/, () => map('k', ['a'], { concurrency: Number.POSITIVE_INFINITY }, async () => 1)],
    [/there is no "tolerates"/, () => map('k', ['a'], { tolerates: 1 } as never, async () => 1)],
    [/the body is undefined/, () => (map as (...args: unknown[]) => Promise<unknown>)('k', ['a'], {})],
    [
      /expected an object, got a function/,
      () => (map as (...args: unknown[]) => Promise<unknown>)('k', ['a'], async () => 1),
    ],
    [/map name "a b" is not usable/, () => map('a b', ['a'], {}, async () => 1)],
  ])('says %s', async (message, declare) => {
    await expect(declare()).rejects.toThrow(message);
  });
});
