import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Drawn, mostUnseenFailures, mostUnseenShare } from './unseen-failures.ts';

function choose(n: number, k: number): number {
  let product = 1;
  for (let i = 0; i < k; i += 1) product *= (n - i) / (i + 1);
  return k > n ? 0 : product;
}

/** Every way to spread failures over the strata, tried. */
function byHand(strata: readonly Drawn[], risk: number): number {
  let most = 0;
  const spread = (i: number, failures: number, chance: number) => {
    const stratum = strata[i];
    if (stratum === undefined) {
      most = Math.max(most, failures);
      return;
    }
    for (let own = 0; own <= stratum.of - stratum.drawn; own += 1) {
      const left = (chance * choose(stratum.of - own, stratum.drawn)) / choose(stratum.of, stratum.drawn);
      if (left >= risk * (1 - 1e-9)) spread(i + 1, failures + own, left);
    }
  };
  spread(0, 0, 1);
  return most;
}

test('the most failures that none drawn leaves room for is what trying every spread gives', () => {
  const stratum = fc
    .tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 0, max: 14 }))
    .map(([of, drawn]) => ({ of, drawn: Math.min(of, drawn) }));
  fc.assert(
    fc.property(
      fc.array(stratum, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(0.01, 0.04, 0.05, 0.2),
      (all, risk) => {
        expect(mostUnseenFailures(all, risk)).toBe(byHand(all, risk));
      },
    ),
    { numRuns: 500 },
  );
});

test('drawn whole there is none, and of what nobody drew everything may fail', () => {
  expect(mostUnseenFailures([{ of: 300, drawn: 300 }], 0.05)).toBe(0);
  expect(
    mostUnseenFailures(
      [
        { of: 300, drawn: 300 },
        { of: 7, drawn: 0 },
      ],
      0.05,
    ),
  ).toBe(7);
  expect(mostUnseenFailures([], 0.05)).toBe(0);
});

test('300 requests without a failure bound their share by 0.99 %, 3000 by 0.10 %', () => {
  expect(mostUnseenShare([{ of: 300, drawn: 300 }], 0.05)).toBeCloseTo(0.0099361, 6);
  expect(mostUnseenShare([{ of: 3000, drawn: 3000 }], 0.05)).toBeCloseTo(0.00099808, 7);
});

test('of many it is the binomial bound, and failures sit where few of many were drawn', () => {
  // 1 − 0.05^(1/1000) of a million
  expect(mostUnseenFailures([{ of: 1_000_000, drawn: 1000 }], 0.05) / 2991.24).toBeCloseTo(1, 2);
  const uneven = [
    { of: 9900, drawn: 400 },
    { of: 100, drawn: 100 },
  ];
  expect(mostUnseenFailures(uneven, 0.05)).toBe(mostUnseenFailures([{ of: 9900, drawn: 400 }], 0.05));
});

test('thousands of strata and millions of requests take a moment', () => {
  const strata = Array.from({ length: 2000 }, (_, i) => ({ of: 1 + ((i * 7919) % 5000), drawn: 1 }));
  const started = performance.now();
  expect(mostUnseenFailures(strata, 0.05)).toBeGreaterThan(1000);
  expect(performance.now() - started).toBeLessThan(20_000);
});

test('the greatest share is the binomial bound where all strata are drawn alike, and no mix beats it', () => {
  expect(mostUnseenShare([{ of: 300, drawn: 300 }], 0.05)).toBeCloseTo(1 - 0.05 ** (1 / 300), 12);
  const alike = [
    { of: 9000, drawn: 90 },
    { of: 1000, drawn: 10 },
  ];
  expect(mostUnseenShare(alike, 0.05)).toBeCloseTo(1 - 0.05 ** (1 / 100), 12);
  expect(
    mostUnseenShare(
      [
        { of: 50, drawn: 10 },
        { of: 50, drawn: 0 },
      ],
      0.05,
    ),
  ).toBeCloseTo(0.5 + 0.5 * 0.25887, 5);
  expect(mostUnseenShare([{ of: 5, drawn: 0 }], 0.05)).toBe(1);
  const uneven = [
    { of: 800, drawn: 40 },
    { of: 200, drawn: 60 },
  ];
  const bound = mostUnseenShare(uneven, 0.05);
  let best = 0;
  for (let p = 0; p < 1; p += 1e-4) {
    // What is left of 0.05 for the other stratum: (1 − p)^40 · (1 − q)^60 = 0.05
    const q = 1 - (0.05 / (1 - p) ** 40) ** (1 / 60);
    if (q >= 0) best = Math.max(best, 0.8 * p + 0.2 * q);
  }
  expect(bound).toBeCloseTo(best, 4);
});
