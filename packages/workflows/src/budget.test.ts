import { type AttemptProgress, type AttemptRecord, type Budgets, type ClassSettings, ErrorCode } from '@sluice/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterFailure,
  cancelled,
  classFor,
  endOf,
  type FailedAttempt,
  LOST_IN_A_ROW,
  nothingSpent,
  type Spent,
  sameOutage,
  unfinished,
} from './budget.ts';

const budgets = (more: Partial<Budgets> = {}): Budgets => ({
  errors: 2,
  preemptions: 50,
  onDemandAfter: 5,
  deadline: null,
  maxRuntime: null,
  maxQueued: null,
  ...more,
});
const ofPreemption: string[] = [ErrorCode.Preempted, ErrorCode.WorkerLost];
const ofOwn: string[] = [ErrorCode.TrainerFailed, ErrorCode.TrainerStalled, ErrorCode.BudgetSpent, 'RangeError'];
const ofNobody: string[] = [ErrorCode.Unreachable, ErrorCode.StorageFull, ErrorCode.MachineFailed];
const failed = (code: string, more: Partial<FailedAttempt> = {}): FailedAttempt => ({
  code,
  interruptible: true,
  advanced: false,
  left: null,
  ...more,
});
const spent = (more: Partial<Spent>): Spent => ({ ...nothingSpent, ...more });

/** Waits after one failure after the other, until the job is stopped. */
function waitsAfter(failures: readonly FailedAttempt[], allowed: Budgets): number[] {
  const waits: number[] = [];
  let so = nothingSpent;
  for (const one of failures) {
    const next = afterFailure(one, so, allowed);
    if (next.kind === 'stop') break;
    waits.push(next.wait);
    so = next.spent;
  }
  return waits;
}

describe('after an attempt that failed', () => {
  it.each(ofPreemption)('by %s it is tried again at once, at no cost to the error budget', (one) => {
    expect(afterFailure(failed(one), spent({ errors: 1, preemptions: 3 }), budgets())).toEqual({
      kind: 'again',
      spent: spent({ errors: 1, preemptions: 4 }),
      wait: 0,
    });
  });

  it.each(ofOwn)('by %s it is tried again after a wait, at no cost to the preemption budget', (one) => {
    expect(afterFailure(failed(one), spent({ errors: 1, preemptions: 3 }), budgets())).toEqual({
      kind: 'again',
      spent: spent({ errors: 2, preemptions: 3 }),
      wait: 2_000,
    });
  });

  it.each(ofNobody)('by %s it is tried again after a wait, at no cost to either budget', (one) => {
    expect(afterFailure(failed(one), spent({ errors: 2, preemptions: 50 }), budgets())).toEqual({
      kind: 'again',
      spent: spent({ errors: 2, preemptions: 50, outages: 1 }),
      wait: 1_000,
    });
  });

  it('waits 1, 2, 4 … seconds, and never more than a minute', () => {
    const waits = [0, 1, 2, 5, 6, 7, 100, 5_000].map((errors) => {
      const next = afterFailure(failed('TrainerFailed'), spent({ errors }), budgets({ errors: 10_000 }));
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
    expect(afterFailure(failed(one), nothingSpent, budgets())).toMatchObject({ kind: 'stop', spent: nothingSpent });
  });

  it('says which budget is spent', () => {
    expect(afterFailure(failed('TrainerFailed'), spent({ errors: 2 }), budgets())).toMatchObject({
      kind: 'stop',
      why: 'failed 3 times, and the budget is 2 further attempts',
    });
    expect(afterFailure(failed('Preempted'), nothingSpent, budgets({ preemptions: 0 }))).toMatchObject({
      kind: 'stop',
      why: 'preempted 1 times, and the budget is 0',
    });
  });

  it('goes on for exactly as many errors and preemptions as the budgets have, in whatever order they come, and however often the infrastructure fails between', () => {
    const code = fc.constantFrom(...ofPreemption, ...ofOwn, ...ofNobody);
    fc.assert(
      fc.property(fc.nat(5), fc.nat(5), fc.array(code, { maxLength: 40 }), (errors, preemptions, codes) => {
        let so = nothingSpent;
        const counts = { errors: 0, preemptions: 0 };
        for (const one of codes) {
          if (ofPreemption.includes(one)) counts.preemptions += 1;
          else if (ofOwn.includes(one)) counts.errors += 1;
          const next = afterFailure(failed(one), so, budgets({ errors, preemptions }));
          expect(next.spent).toMatchObject(counts);
          expect(next.kind).toBe(counts.errors > errors || counts.preemptions > preemptions ? 'stop' : 'again');
          if (next.kind === 'stop') return;
          so = next.spent;
        }
      }),
    );
  });
});

describe('an outage', () => {
  const outage = fc.constantFrom(...ofNobody);

  it('is waited out with pauses that grow, up to five minutes, however long it lasts', () => {
    fc.assert(
      fc.property(fc.array(outage, { minLength: 12, maxLength: 200 }), (codes) => {
        const waits = waitsAfter(
          codes.map((one) => failed(one)),
          budgets({ errors: 0, preemptions: 0 }),
        );
        expect(waits).toHaveLength(codes.length);
        for (const [index, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(waits[index - 1] ?? 1_000);
        expect(Math.max(...waits)).toBe(300_000);
      }),
    );
  });

  it('is over when a step was done, or something else has failed: the next one begins with a short wait', () => {
    const long = Array.from({ length: 20 }, () => failed('Unreachable'));
    expect(waitsAfter([...long, failed('Unreachable', { advanced: true })], budgets()).at(-1)).toBe(1_000);
    expect(waitsAfter([...long, failed('Preempted'), failed('StorageFull')], budgets()).at(-1)).toBe(1_000);
  });

  it('is waited for until the deadline, and not beyond', () => {
    fc.assert(
      fc.property(fc.nat(400_000), fc.nat(30), outage, (left, outages, code) => {
        const next = afterFailure(failed(code, { left }), spent({ outages }), budgets());
        expect(next).toMatchObject({ kind: 'again' });
        if (next.kind === 'again') expect(next.wait).toBeLessThanOrEqual(left);
      }),
    );
  });

  const base = { class: 'gpu', gpus: 1, price: null, machine: 'm', message: 'x', resumedFrom: 10, lastStep: 10 };
  const tried = (attempt: number, more: Partial<AttemptRecord> = {}): AttemptRecord => ({
    ...{ ...base, attempt, start: attempt * 100_000, end: attempt * 100_000 + 2_000, checkpoint: 10 },
    ...{ ended: 'infrastructure', code: 'Unreachable', stepsLost: 0, secondsLost: 1, seconds: 2 },
    ...more,
  });

  it('is one line of the record, whose machine time adds up', () => {
    expect(sameOutage(tried(1), tried(2))).toEqual({ ...tried(2), start: 100_000, seconds: 4, secondsLost: 2 });
  });

  it('is another line where another thing failed, or steps were lost', () => {
    expect(sameOutage(undefined, tried(2))).toBeNull();
    expect(sameOutage(tried(1), tried(2, { code: 'StorageFull' }))).toBeNull();
    expect(sameOutage(tried(1), tried(2, { stepsLost: 3 }))).toBeNull();
    expect(sameOutage(tried(1, { ended: 'preempted', code: 'Preempted' }), tried(2))).toBeNull();
    expect(sameOutage(tried(1), tried(2, { ended: 'done', code: null }))).toBeNull();
  });
});

describe('a worker that is lost', () => {
  const own = (more: Partial<FailedAttempt> = {}) => failed('WorkerLost', { interruptible: false, ...more });

  it('is missed longer each time on a class that is not interruptible, and a few times in a row only', () => {
    const waits = waitsAfter(
      Array.from({ length: 50 }, () => own()),
      budgets(),
    );
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
    expect(afterFailure(own(), spent({ lost: LOST_IN_A_ROW, preemptions: 5 }), budgets())).toMatchObject({
      kind: 'stop',
      spent: { errors: 0, preemptions: 6 },
      why: expect.stringContaining('its worker was lost 6 times in a row'),
    });
  });

  it('is a mishap like any other where steps were done between', () => {
    const waits = waitsAfter(
      Array.from({ length: 50 }, () => own({ advanced: true })),
      budgets(),
    );
    expect(waits).toEqual(Array(50).fill(1_000));
  });

  it('is business as usual on an interruptible class', () => {
    const waits = waitsAfter(
      Array.from({ length: 60 }, () => failed('WorkerLost')),
      budgets(),
    );
    expect(waits).toEqual(Array(50).fill(0));
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
    classFor(asked, { preemptions }, budgets({ onDemandAfter }), classes);

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
      at: 70_000,
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
      seconds: 59,
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

  it('that was called off is no failure, and claims nothing of what it did', () => {
    const unknown = { machine: null, lastStep: null, stepsLost: 0, seconds: 0 };
    expect(cancelled(base)).toEqual(expect.objectContaining({ ...base, ended: 'cancelled', code: null, ...unknown }));
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
  ['Unreachable', 'infrastructure'],
  ['StorageFull', 'infrastructure'],
  ['MachineFailed', 'infrastructure'],
  ['anything else', 'failed'],
])('the code %s reads "%s" in the record', (one, end) => {
  expect(endOf(one)).toBe(end);
});
