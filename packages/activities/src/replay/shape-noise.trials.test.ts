import { describe, expect, test, vi } from 'vitest';
import type { Random } from '../statistics/random.ts';
import { replayedBy, type Version } from './testing/versions.ts';

vi.mock(import('./send.ts'), async (original) => ({
  ...(await original()),
  send: async (...args) => (await import('./testing/versions.ts')).answerHere(args[0], args[1]),
}));

const items = (n: number) => Array.from({ length: n }, (_, i) => ({ text: `t${i}`, score: 0.5 }));
const coin = (random: Random, share: number) => random.below(10_000) < share * 10_000;

const models: Readonly<Record<string, Version>> = {
  'lists of random length': (random) => ({ entities: items(random.below(8)) }),
  'lists of any length within lists of any length': (random) => {
    return { predictions: Array.from({ length: 1 + random.below(3) }, () => ({ entities: items(random.below(4)) })) };
  },
  'fields that are left out at times': (random) => ({
    always: 1,
    ...Object.fromEntries(
      [0.5, 0.2, 0.1, 0.02, 0.01, 0.003].flatMap((rate, i) => (coin(random, rate) ? [] : [[`f${i}`, 1]])),
    ),
  }),
  'fields that are there at times': (random) => ({
    ...Object.fromEntries(
      [0.5, 0.2, 0.1, 0.02, 0.003].flatMap((rate, i) => (coin(random, rate) ? [[`f${i}`, 1]] : [])),
    ),
  }),
  'objects with texts for names, of which each is new': (random) => {
    return { labels: Object.fromEntries(items(random.below(5)).map((item) => [`name ${random.below(1e9)}`, item])) };
  },
  'objects with thirty texts for names': (random) => {
    return { labels: Object.fromEntries(items(1 + random.below(4)).map(() => [`name ${random.below(30)}`, 1])) };
  },
  'fields of a random type': (random) => ({
    fields: [0.5, 0.1, 0.01].map((rate) => (coin(random, rate) ? 'unsure' : coin(random, rate) ? null : 1)),
    value: [1, 'one', null, [1], { one: 1 }][random.below(5)],
  }),
  'lists of random length for one request of a hundred': (random, request) => ({
    entities: items(request % 100 === 7 ? random.below(5) : 2),
  }),
  'a field left out at times for one request': (random, request) =>
    request === 7 && coin(random, 0.5) ? {} : { a: 1 },
};

describe.each(Object.entries(models))('the same model on both sides, which answers %s,', (_, version) => {
  test.each([
    ['one kind of request', {}],
    ['a hundred kinds of three requests, failures confirmed once more', { kinds: 100, confirm: 2 }],
  ])('passes in at least 95 of 100 seeded trials: %s', { timeout: 240_000 }, async (_, options) => {
    const verdicts: string[] = [];
    for (let seed = 0; seed < 100; seed += 1) {
      verdicts.push((await replayedBy(version, version, { seed, ...options })).verdict);
    }
    expect(verdicts.filter((verdict) => verdict === 'pass').length).toBeGreaterThanOrEqual(95);
  });
});

/** Names of what failed, each once. */
async function blocked(old: Version, fresh: Version, options: Parameters<typeof replayedBy>[2]) {
  const { verdict, all } = await replayedBy(old, fresh, options);
  const regressions = all.filter(({ outcome }) => outcome === 'regression' || outcome === 'unconfirmed');
  return { verdict, ids: regressions.map(({ request }) => request.id), whys: regressions.map(({ why }) => why ?? '') };
}

describe('a candidate', () => {
  const leaves: (rate: number) => Version = (rate) => (random) => (coin(random, rate) ? { b: 1 } : { a: 1, b: 1 });
  const never: Version = () => ({ b: 1 });

  test.each([
    [0.5, {}],
    [0.1, { kinds: 100 }],
    [0.02, {}],
    [0.0002, { requests: 5000 }],
  ])(
    'that always leaves a field out fails, and the place is named, though the old one does so at a rate of %d',
    async (rate, options) => {
      const { verdict, whys } = await blocked(leaves(rate), never, options);
      expect(verdict).toBe('fail');
      expect(whys.length).toBeGreaterThan(100);
      for (const why of whys) expect(why).toMatch(/^\$\.a is missing/);
    },
  );

  test('that empties all lists fails, though those of the old version always have another length', async () => {
    const old: Version = (random) => ({ tags: items(1 + random.below(500)) });
    const { verdict, whys } = await blocked(old, () => ({ tags: [] }), {});
    expect(verdict).toBe('fail');
    expect(whys).toHaveLength(300);
    for (const why of whys) expect(why).toMatch(/^\$\.tags is empty: so in 300 of 300 answers, and in 0 of/);
  });

  test('that leaves out a field of the items fails, though the lists hardly ever have the same length', async () => {
    const old: Version = (random) => ({ tags: items(1 + random.below(500)) });
    const fresh: Version = (random) => ({ tags: items(1 + random.below(500)).map(({ text }) => ({ text })) });
    const { verdict, whys } = await blocked(old, fresh, {});
    expect(verdict).toBe('fail');
    expect(new Set(whys)).toEqual(new Set(['$.tags[0].score is missing']));
  });

  test('that breaks one answer in 5,000 at a place that never varies fails, whatever varies beside it', async () => {
    const old: Version = (random) => ({ tags: items(random.below(8)), score: 1 });
    const fresh: Version = (random, request) => ({ tags: items(random.below(8)), score: request === 3141 ? 'x' : 1 });
    const { verdict, ids, whys } = await blocked(old, fresh, { requests: 5000 });
    expect(verdict).toBe('fail');
    expect([ids, whys]).toEqual([['r3141'], ['$.score is string, was number']]);
  });

  test('that breaks one answer in 5,000 fails, though another one of the old version varies at this place', async () => {
    const old: Version = (random, request) => (request === 7 && coin(random, 0.5) ? {} : { a: 1 });
    const fresh: Version = (random, request) => (request === 3141 ? {} : old(random, request, 0));
    const { verdict, ids } = await blocked(old, fresh, { requests: 5000, seed: 1 });
    expect(verdict).toBe('fail');
    expect(ids).toEqual(['r3141']);
  });

  test('that fails now and then where the old version always answers is held to the share of flaky ones', async () => {
    const { verdict, all } = await replayedBy(leaves(0), leaves(0.2), {});
    expect(all.filter(({ outcome }) => outcome === 'flaky').length).toBeGreaterThan(15);
    expect(verdict).not.toBe('pass');
  });
});

describe('a replay that goes on', () => {
  test('after a kill anywhere while failures are confirmed says what an undisturbed one says', async () => {
    // By chance when all are sent, and by the request alone when one is sent again.
    const by =
      (share: number): Version =>
      (random, request, times) => {
        const long = times === 0 ? coin(random, share) : request % 3 === 0;
        return { tags: items(long ? 3 : 2), ...(request === 41 && share > 0.5 ? {} : { a: 1 }) };
      };
    const options = { requests: 60, kinds: 20 };
    const whole = await replayedBy(by(0.3), by(0.6), options);
    const told = (one: typeof whole) => one.all.map(({ outcome, why }) => [outcome, why]);
    expect(whole.verdict).toBe('fail');
    expect(whole.notes.length).toBeGreaterThan(70);
    for (let killed = 60; killed <= whole.notes.length; killed += 1) {
      const entries = new Map(whole.notes.slice(0, killed).map(({ place, entry }) => [place, entry]));
      const resumed = await replayedBy(by(0.3), by(0.6), { ...options, entries, again: true });
      expect(told(resumed)).toEqual(told(whole));
    }
  });
});
