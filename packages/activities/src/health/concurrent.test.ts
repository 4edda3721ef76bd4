import fc from 'fast-check';
import { expect, test } from 'vitest';
import { capital } from './bets.ts';
import { addConcurrent, type Concurrent, enterPhase, newConcurrent } from './concurrent.ts';

const start = enterPhase(newConcurrent());
const counts = fc.record({ hits: fc.nat(2), more: fc.nat(3) }).map(({ hits, more }) => ({ hits, of: hits + more }));
const looks = fc.array(fc.record({ candidate: counts, stable: counts }), { minLength: 1, maxLength: 2 });

function play(
  state: Concurrent,
  all: readonly { candidate: { hits: number; of: number }; stable: { hits: number; of: number } }[],
) {
  return all.reduce((before, { candidate, stable }) => addConcurrent(before, candidate, stable, 2), state);
}

test('seconds that are judged together may come in any order', () => {
  fc.assert(
    fc.property(looks, (all) => {
      const [there, back] = [enterPhase(play(start, all)), enterPhase(play(start, [...all].reverse()))];
      // Where a block is full before the last of them, they were judged apart.
      fc.pre(
        play(start, all).open.seconds === all.length * 2 &&
          play(start, [...all].reverse()).open.seconds === all.length * 2,
      );
      expect(capital(there.bets)).toBeCloseTo(capital(back.bets), 10);
      expect(there.excess).toEqual(back.excess);
    }),
  );
});

test('a look of all of them is the same as one after the other', () => {
  const apart = play(start, [
    { candidate: { hits: 1, of: 3 }, stable: { hits: 0, of: 4 } },
    { candidate: { hits: 0, of: 2 }, stable: { hits: 1, of: 5 } },
  ]);
  const together = addConcurrent(start, { hits: 1, of: 5 }, { hits: 1, of: 9 }, 4);
  expect(enterPhase(apart)).toEqual(enterPhase(together));
});

test('the difference of the shares is that of Mantel and Haenszel', () => {
  // (2·90 − 3·10)/100 over 10·90/100, blocks of the same size: 0.2 − 3/90
  const { excess } = addConcurrent(start, { hits: 2, of: 10 }, { hits: 3, of: 90 }, 2);
  expect(excess.sum / excess.weight).toBeCloseTo(0.2 - 3 / 90, 12);
});

test('seconds in which only one version was asked say nothing', () => {
  const outage = addConcurrent(start, { hits: 50, of: 50 }, { hits: 0, of: 0 }, 2);
  expect(capital(outage.bets)).toBeCloseTo(1, 10);
  expect(outage.excess).toEqual({ sum: 0, weight: 0 });
});
