import { type AttemptProgress, type Budgets, type ClassSettings, ErrorCode } from '@sluice/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterFailure, classFor, endOf, nothingSpent, unfinished } from './budget.ts';

const budgets = (more: Partial<Budgets> = {}): Budgets => ({
  errors: 2,
  preemptions: 50,
  onDemandAfter: 5,
  deadline: null,
  maxRuntime: null,
  maxQueued: null,
  ...more,
});
const ofPreemption = [ErrorCode.Preempted, ErrorCode.WorkerLost];
const ofOwn = [ErrorCode.TrainerFailed, ErrorCode.TrainerStalled, ErrorCode.BudgetSpent, 'RangeError'];
const code = fc.constantFrom(...ofPreemption, ...ofOwn);

describe('after an attempt that failed', () => {
  it.each(ofPreemption)('by %s it is tried again at once, at no cost to the error budget', (one) => {
    expect(afterFailure(one, { errors: 1, preemptions: 3 }, budgets())).toEqual({
      kind: 'again',
      spent: { errors: 1, preemptions: 4 },
      wait: 0,
    });
  });

  it.each(ofOwn)('by %s it is tried again after a wait, at no cost to the preemption budget', (one) => {
    expect(afterFailure(one, { errors: 1, preemptions: 3 }, budgets())).toEqual({
      kind: 'again',
      spent: { errors: 2, preemptions: 3 },
      wait: 2_000,
    });
  });

  it('waits 1, 2, 4 … seconds, and never more than a minute', () => {
    const waits = [0, 1, 2, 5, 6, 7, 100, 5_000].map((errors) => {
      const next = afterFailure('TrainerFailed', { errors, preemptions: 0 }, budgets({ errors: 10_000 }));
      return next.kind === 'again' ? next.wait : null;
    });
    expect(waits).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
  });

  it.each([
    ErrorCode.OutOfMemory,
    ErrorCode.InvalidStep,
    ErrorCode.InvalidConfig,
    ErrorCode.ProtocolError,
    ErrorCode.NoModel,
    ErrorCode.ResumeMismatch,
    ErrorCode.CheckpointsUnreadable,
    ErrorCode.CommandNotFound,
    ErrorCode.NotFound,
    ErrorCode.Fenced,
  ])('by %s it stops, whatever is left of the budgets', (one) => {
    expect(afterFailure(one, nothingSpent, budgets())).toMatchObject({ kind: 'stop', spent: nothingSpent });
  });

  it('says which budget is spent', () => {
    expect(afterFailure('TrainerFailed', { errors: 2, preemptions: 0 }, budgets())).toMatchObject({
      kind: 'stop',
      why: 'failed 3 times, and the budget is 2 further attempts',
    });
    expect(afterFailure('Preempted', { errors: 0, preemptions: 0 }, budgets({ preemptions: 0 }))).toMatchObject({
      kind: 'stop',
      why: 'preempted 1 times, and the budget is 0',
    });
  });

  it('goes on for exactly as many errors and preemptions as the budgets have, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.nat(5), fc.nat(5), fc.array(code, { maxLength: 30 }), (errors, preemptions, codes) => {
        let spent = nothingSpent;
        const counts = { errors: 0, preemptions: 0 };
        for (const one of codes) {
          counts[ofPreemption.includes(one as never) ? 'preemptions' : 'errors'] += 1;
          const next = afterFailure(one, spent, budgets({ errors, preemptions }));
          expect(next.spent).toEqual(counts);
          expect(next.kind).toBe(counts.errors > errors || counts.preemptions > preemptions ? 'stop' : 'again');
          if (next.kind === 'stop') return;
          spent = next.spent;
        }
      }),
    );
  });
});

describe('the class of the next attempt', () => {
  const settings = (fallback: string | null): ClassSettings => ({
    taskQueue: 'q',
    gpus: 1,
    interruptible: true,
    fallback,
    price: null,
  });
  const classes = { spot: settings('gpu'), gpu: settings(null) };
  const at = (preemptions: number, onDemandAfter: number | null, asked = 'spot') =>
    classFor(asked, { errors: 9, preemptions }, budgets({ onDemandAfter }), classes);

  it('is the one asked for, until preemptions have moved the work to its fallback', () => {
    expect([0, 1, 2, 3].map((preemptions) => at(preemptions, 2))).toEqual(['spot', 'spot', 'gpu', 'gpu']);
  });

  it('stays where there is no fallback, or where nothing ever moves', () => {
    expect(at(99, 0, 'gpu')).toBe('gpu');
    expect(at(99, null)).toBe('spot');
    expect(at(99, 0, 'unheard-of')).toBe('unheard-of');
  });

  it('is the fallback from the start where onDemandAfter is 0', () => {
    expect(at(0, 0)).toBe('gpu');
  });
});

describe('the record of an attempt that did not finish', () => {
  const base = { attempt: 2, class: 'spot', gpus: 1, price: null, start: 10_000, end: 70_000 };
  const progress = (more: Partial<AttemptProgress>): AttemptProgress =>
    ({
      machine: 'm',
      pid: 1,
      startedAt: 11_000,
      resumedFrom: null,
      step: null,
      total: null,
      rate: null,
      checkpoint: null,
      checkpointAt: null,
      metrics: {},
      restoreMs: null,
      ...more,
    }) as AttemptProgress;
  const record = (more: Partial<AttemptProgress>) => unfinished(base, 'Preempted', 'gone', progress(more));

  it('loses what came after the last checkpoint', () => {
    expect(record({ step: 1214, checkpoint: 1200, checkpointAt: 66_900 })).toMatchObject({
      ended: 'preempted',
      checkpoint: 1200,
      lastStep: 1214,
      stepsLost: 14,
      secondsLost: 3.1,
      seconds: 60,
    });
  });

  it('loses what came after the checkpoint it resumed from, when it made none of its own', () => {
    expect(record({ step: 1010, resumedFrom: 1000 })).toMatchObject({
      checkpoint: 1000,
      stepsLost: 10,
      secondsLost: 59,
    });
  });

  it('loses everything when there never was a checkpoint', () => {
    expect(record({ step: 50 })).toMatchObject({ checkpoint: null, stepsLost: 50, secondsLost: 59 });
  });

  it('says nothing of what it does not know', () => {
    expect(unfinished(base, 'WorkerLost', 'gone', null)).toMatchObject({
      machine: null,
      ended: 'worker-lost',
      lastStep: null,
      stepsLost: 0,
      secondsLost: 0,
    });
  });

  it('never loses less than nothing, whatever clocks say', () => {
    expect(record({ step: 5, checkpoint: 9, checkpointAt: 99_000 })).toMatchObject({ stepsLost: 0, secondsLost: 0 });
  });
});

it.each([
  ['Preempted', 'preempted'],
  ['WorkerLost', 'worker-lost'],
  ['OutOfMemory', 'out-of-memory'],
  ['TrainerStalled', 'stalled'],
  ['BudgetSpent', 'timeout'],
  ['Fenced', 'fenced'],
  ['TrainerFailed', 'failed'],
  ['anything else', 'failed'],
])('the code %s reads "%s" in the record', (one, end) => {
  expect(endOf(one)).toBe(end);
});
