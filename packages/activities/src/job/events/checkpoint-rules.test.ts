import type { Digest } from '@sluice/sdk';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type CheckpointFact,
  type CheckpointState,
  freshCheckpoints,
  judgeCheckpoint,
  refusal,
} from './checkpoint-rules.ts';

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const announced = (step: number, rank: number | null = null): CheckpointFact => ({ type: 'announced', step, rank });

/** Verdicts of what happens to an attempt, in order. */
function verdicts(resumedFrom: number | null, facts: readonly CheckpointFact[]): string[] {
  let state = freshCheckpoints(resumedFrom);
  return facts.map((fact) => {
    const judged = judgeCheckpoint(state, fact);
    state = judged.state;
    return judged.verdict.verdict === 'refuse' ? judged.verdict.rule : judged.verdict.verdict;
  });
}

test('steps go on from the one resumed from, which may be saved once more', () => {
  expect(verdicts(5000, [announced(5000), announced(5100), announced(5100)])).toEqual(['take', 'take', 'take']);
  expect(verdicts(null, [announced(0), announced(1)])).toEqual(['take', 'take']);
});

test('an attempt that starts over does not replace what it resumed from', () => {
  expect(verdicts(5000, [announced(1), announced(2), announced(4999)])).toEqual(Array(3).fill('behind-resume'));
});

test('a step that goes back is refused, and one after it is judged by what was taken', () => {
  expect(verdicts(null, [announced(200), announced(100), announced(150), announced(200)])).toEqual([
    'take',
    'backwards',
    'backwards',
    'take',
  ]);
});

test('only the first of several processes announces', () => {
  expect(verdicts(null, [announced(100, 0), announced(200, 2), announced(150, null)])).toEqual([
    'take',
    'another-rank',
    'take',
  ]);
});

test('a second save of a step is passed over when it says the same, and refused when it does not', () => {
  const save = (step: number, letter: string): CheckpointFact[] => [
    announced(step),
    { type: 'stored', step, digest: digest(letter) },
    { type: 'committed', step, digest: digest(letter) },
  ];
  expect(verdicts(null, [...save(100, 'a'), ...save(100, 'a').slice(0, 2)])).toEqual([
    ...['take', 'take', 'take'],
    ...['take', 'ignore'],
  ]);
  expect(verdicts(null, [...save(100, 'a'), ...save(100, 'b').slice(0, 2)]).at(-1)).toBe('other-content');
});

test('a commit that is tried again is not taken for a second save', () => {
  const stored: CheckpointFact = { type: 'stored', step: 100, digest: digest('a') };
  expect(verdicts(null, [announced(100), stored, stored, { ...stored, type: 'committed' }])).toEqual(
    Array(4).fill('take'),
  );
});

test('a refusal is a ProtocolError that names rule, step and what it stands against', () => {
  const { verdict } = judgeCheckpoint(freshCheckpoints(5000), announced(1));
  if (verdict.verdict !== 'refuse') throw new Error('It was taken.');
  const error = refusal(verdict);
  expect(error.code).toBe('ProtocolError');
  expect(error.message).toMatch(/step 1 is behind step 5000/);
  expect(error.data).toEqual({ rule: 'behind-resume', step: 1, against: 5000 });
});

const step = fc.nat(12);
const content = fc.constantFrom('a', 'b').map(digest);
const fact: fc.Arbitrary<CheckpointFact> = fc.oneof(
  fc.record({ type: fc.constant('announced' as const), step, rank: fc.constantFrom(null, 0, 1, 3) }),
  fc.record({ type: fc.constant('stored' as const), step, digest: content }),
  fc.record({ type: fc.constant('committed' as const), step, digest: content }),
);

test('whatever a trainer announces, what is taken never goes back and a refusal changes nothing', () => {
  const property = fc.property(fc.option(step), fc.array(fact, { maxLength: 40 }), (resumedFrom, facts) => {
    let state: CheckpointState = freshCheckpoints(resumedFrom);
    const committed: { step: number; digest: Digest }[] = [];
    let newest = resumedFrom ?? 0;
    for (const one of facts) {
      const judged = judgeCheckpoint(state, one);
      const { verdict } = judged.verdict;
      if (verdict !== 'take') expect(judged.state).toEqual(state);
      if (one.type === 'announced') {
        const right = (one.rank ?? 0) === 0 && one.step >= newest;
        expect(verdict).toBe(right ? 'take' : 'refuse');
        if (right) newest = one.step;
      }
      if (one.type === 'committed' && verdict === 'take') committed.push({ step: one.step, digest: one.digest });
      state = judged.state;
    }
    const steps = committed.map((one) => one.step);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    expect(state.committed).toEqual(committed.at(-1) ?? null);
  });
  fc.assert(property, { numRuns: 2000 });
});

test('what is judged twice is judged the same', () => {
  const property = fc.property(fc.option(step), fc.array(fact), (resumedFrom, facts) => {
    expect(verdicts(resumedFrom, facts)).toEqual(verdicts(resumedFrom, facts));
  });
  fc.assert(property);
});
