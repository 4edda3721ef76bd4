import { expect, test } from 'vitest';
import { logConcurrentEvidence } from '../statistics/odds-evidence.ts';
import { type Bets, capital, newBets, settle, stakeForPhase } from './bets.ts';

const odds = [2, 10];

test('the capital keeps its mean of 1 over every sequence of events, whenever a phase begins: by enumeration', () => {
  const share = 0.3;
  const play = (bets: Bets, mine: boolean) =>
    settle(
      bets,
      30,
      odds.map((one) => logConcurrentEvidence(one, mine ? 1 : 0, 1, share)),
    );
  let states = [{ p: 1, bets: stakeForPhase(newBets(odds.length)) }];
  for (let event = 0; event < 10; event += 1) {
    states = states.flatMap(({ p, bets }) => {
      const next = event === 4 ? stakeForPhase(bets) : bets;
      return [
        { p: p * share, bets: play(next, true) },
        { p: p * (1 - share), bets: play(next, false) },
      ];
    });
    expect(states.reduce((mean, { p, bets }) => mean + p * capital(bets), 0)).toBeCloseTo(1, 10);
  }
});

test('what is staked later does not have to win back what was lost before', () => {
  let bets = stakeForPhase(newBets(odds.length));
  for (let i = 0; i < 300; i += 1)
    bets = settle(
      bets,
      2,
      odds.map((one) => logConcurrentEvidence(one, 0, 1, 0.5)),
    );
  let events = 0;
  while (capital(bets) < 100) {
    bets = settle(
      bets,
      2,
      odds.map((one) => logConcurrentEvidence(one, 1, 1, 0.5)),
    );
    events += 1;
  }
  // ln 100 = 4.6, a stake of a few thousandths costs 6 more, and each event is worth ln(10 / 5.5) = 0.6 at most.
  expect(events).toBeLessThan(22);
});

test('the capital is finite, and so is its JSON', () => {
  let bets = stakeForPhase(newBets(odds.length));
  for (let i = 0; i < 100; i += 1) bets = settle(bets, 2, [100, 100]);
  expect(JSON.parse(JSON.stringify(bets))).toEqual(bets);
  expect(capital(bets)).toBeLessThan(1e13);
});
