import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logFactorial } from './log-factorial.ts';
import { logConcurrentEvidence, logStandingEvidence, ODDS } from './odds-evidence.ts';

describe('evidence of the same seconds', () => {
  test('is what a hand calculation gives', () => {
    // 3 of 4 events on a candidate with a quarter of the requests; alternative: 5 times likelier there.
    // 5³ / (3/4 + 5/4)⁴ = 125 / 16
    expect(Math.exp(logConcurrentEvidence(5, 3, 4, 0.25))).toBeCloseTo(7.8125, 12);
    // All events are the candidate's, who had all requests: that says nothing.
    expect(logConcurrentEvidence(50, 9, 9, 1)).toBeCloseTo(0, 12);
    // One event of the stable version's in the same seconds: 1 / (1/2 + 50/2) = 1 / 25.5
    expect(Math.exp(logConcurrentEvidence(50, 0, 1, 0.5))).toBeCloseTo(1 / 25.5, 12);
  });

  const sizes = fc.record({
    candidate: fc.integer({ min: 0, max: 40 }),
    stable: fc.integer({ min: 0, max: 40 }),
    events: fc.integer({ min: 0, max: 20 }),
    odds: fc.constantFrom(...ODDS),
  });

  test('has a mean of 1 at most while the labels are exchangeable, however many events there are: by enumeration', () => {
    fc.assert(
      fc.property(sizes, ({ candidate, stable, events, odds }) => {
        const total = candidate + stable;
        fc.pre(events <= total && total > 0);
        let mean = 0;
        for (let hits = Math.max(0, events - stable); hits <= Math.min(events, candidate); hits += 1) {
          const log = logChoose(candidate, hits) + logChoose(stable, events - hits) - logChoose(total, events);
          mean += Math.exp(log + logConcurrentEvidence(odds, hits, events, candidate / total));
        }
        expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });

  test('is a martingale in single events: its mean is exactly 1', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), fc.constantFrom(...ODDS), (share, odds) => {
        const mine = Math.exp(logConcurrentEvidence(odds, 1, 1, share));
        const theirs = Math.exp(logConcurrentEvidence(odds, 0, 1, share));
        expect(share * mine + (1 - share) * theirs).toBeCloseTo(1, 10);
      }),
    );
  });

  test('of two blocks with equal shares is that of both together', () => {
    const apart = logConcurrentEvidence(5, 2, 3, 0.2) + logConcurrentEvidence(5, 1, 4, 0.2);
    expect(apart).toBeCloseTo(logConcurrentEvidence(5, 3, 7, 0.2), 12);
  });
});

describe('evidence against the record', () => {
  test('is what a hand calculation gives', () => {
    // 2 of 99 against 0 of 99, 5 times: 5² · (199 / (100 + 5 · 99))^(1 + 2) = 25 · (199 / 595)³
    const value = logStandingEvidence(5, { hits: 2, of: 99 }, { hits: 0, of: 99 });
    expect(Math.exp(value)).toBeCloseTo(25 * (199 / 595) ** 3, 12);
  });

  test('has a mean of 1 over what a Poisson count of the same, unknown rate may be: by enumeration', () => {
    for (const odds of ODDS) {
      const reference = { hits: 3, of: 500 };
      const of = 200;
      let mean = 0;
      for (let hits = 0; hits < 3000; hits += 1) {
        // Negative binomial: Gamma(1 + 3, 1 + 500) is what the reference leaves of the prior Gamma(1, 1).
        const log =
          logFactorial(hits + 3) -
          logFactorial(3) -
          logFactorial(hits) +
          4 * Math.log(501 / 701) +
          hits * Math.log(200 / 701);
        mean += Math.exp(log + logStandingEvidence(odds, { hits, of }, reference));
      }
      expect(mean).toBeCloseTo(1, 6);
    }
  });

  test('without any reference is none', () => {
    for (const odds of ODDS) {
      expect(logStandingEvidence(odds, { hits: 40, of: 40 }, { hits: 0, of: 0 })).toBeLessThan(0.01);
    }
  });
});

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}
