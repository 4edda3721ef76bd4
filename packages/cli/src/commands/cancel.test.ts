import { expect, it } from 'vitest';
import { attempt, snapshot, start, step } from '../follow/testing.ts';
import { keptBy, keptLines } from './cancel.ts';

it('says which results and checkpoints a cancelled run leaves, and how to go on from there', () => {
  const cancelled = attempt(2, { ended: 'cancelled', resumedFrom: 1200, checkpoint: null });
  const last = snapshot({
    state: 'cancelled',
    steps: [
      step('rows', { kind: 'extract', state: 'done', end: start + 2000 }),
      step('airport', { kind: 'map', state: 'failed' }),
      step('airport=EWR/delay', { state: 'failed', attempts: [attempt(1, { ended: 'preempted' }), cancelled] }),
      step('airport=JFK/delay', { state: 'failed', attempts: [attempt(1, { ended: 'cancelled', checkpoint: 400 })] }),
      step('airport=LGA/delay', { state: 'failed' }),
    ],
  });
  expect(keptLines(last, keptBy(last))).toEqual([
    'kept: the results of 1 step',
    'kept: airport=EWR/delay, checkpoint at step 1200',
    'kept: airport=JFK/delay, checkpoint at step 400',
    'go on from there: sluice retry delays/one --from airport=EWR/delay',
  ]);
});

it('counts a checkpoint that a job told of while the run was ending', () => {
  const last = snapshot({ state: 'cancelled', steps: [step('fit', { state: 'failed' })] });
  expect(keptBy(last, new Map([['fit', 800]]))).toEqual([{ step: 'fit', what: 800 }]);
});

it('says that nothing had ended where nothing had', () => {
  const last = snapshot({ state: 'cancelled', steps: [] });
  expect(keptLines(last, keptBy(last))).toEqual(['No step had ended.']);
});
