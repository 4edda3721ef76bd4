import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Drawn, mostUnseenFailures } from './unseen-failures.ts';

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
