import { describe, expect, it, test } from 'vitest';
import { plainPaint } from './colours.ts';
import { diff } from './diff.ts';
import { linesOf } from './lines.ts';
import type { Snapshot } from './snapshot.ts';
import { attempt, gate, job, snapshot, start, step } from './testing.ts';

const types = (events: readonly { readonly type: string }[]) => events.map(({ type }) => type);

describe('the first look', () => {
  test('tells what happened before it, in order and at its time', () => {
    const done = step('rows', { kind: 'extract', state: 'done', end: start + 2000, verdict: 'pass' });
    const events = diff(
      null,
      snapshot({ steps: [done, step('fit', { start: start + 2000 })], links: { mlflow: 'http://m' } }),
    );
    expect(events.map(({ at, type }) => [at - start, type])).toEqual([
      [0, 'run-started'],
      [60_000, 'links'],
      [1000, 'step-started'],
      [2000, 'verdict'],
      [2000, 'step-ended'],
      [2000, 'step-started'],
    ]);
  });

  test('of a run that has ended tells its end', () => {
    const failure = { code: 'TrainerFailed', message: 'exit code 1' };
    const events = diff(null, snapshot({ state: 'failed' }, { closed: { at: start + 5000, failure } }));
    expect(events.at(-1)).toEqual({
      at: start + 5000,
      type: 'finished',
      run: 'delays/one',
      state: 'failed',
      ms: 5000,
      failure,
    });
  });
});

describe('between two looks', () => {
  const before = snapshot({ steps: [step('fit')] }, { jobs: [job('fit', { restoreMs: null })] });

  test('nothing is told twice', () => {
    expect(diff(before, before)).toEqual([]);
  });

  test('decisions are told in the order in which they came, counted or refused', () => {
    const at = (second: number) => new Date(start + second * 1000).toISOString();
    const decision = { decision: 'approve', by: 'ana', at: at(30), candidate: 'c', reason: null };
    const refused = (second: number) => ({ decision: 'reject', by: 'bo', at: at(second), why: 'it is late' });
    const after = snapshot({
      decisions: [decision] as never,
      refused: [refused(20), refused(40)] as never,
    });
    expect(diff(snapshot({}), after).map(({ at, type }) => [(at - start) / 1000, type])).toEqual([
      [20, 'decision-refused'],
      [30, 'decision'],
      [40, 'decision-refused'],
    ]);
  });

  test('an attempt is told once its trainer runs, with what it began from', () => {
    const after = snapshot({ steps: [step('fit')] }, { jobs: [job('fit', { resumedFrom: 1200 })] });
    expect(diff(before, after)).toMatchObject([
      { type: 'attempt-started', step: 'fit', attempt: 1, machine: 'spot-1', resumedFrom: 1200 },
    ]);
  });

  test('progress says rate and time left', () => {
    const running = snapshot({ steps: [step('fit')] }, { jobs: [job('fit', { step: 100, total: 500, rate: 50 })] });
    const after = snapshot({ steps: [step('fit')] }, { jobs: [job('fit', { step: 300, total: 500, rate: 50 })] });
    expect(diff(running, after)).toMatchObject([
      { type: 'progress', step: 'fit', done: 300, total: 500, rate: 50, etaMs: 4000 },
    ]);
  });

  test('a checkpoint is told when it is committed, and not when it is the one an attempt began from', () => {
    const jobs = (checkpoint: number) => [job('fit', { resumedFrom: 1200, checkpoint })];
    const resumed = snapshot({ steps: [step('fit')] }, { jobs: jobs(1200) });
    const later = snapshot({ steps: [step('fit')] }, { jobs: jobs(1400) });
    expect(types(diff(before, resumed))).toEqual(['attempt-started']);
    expect(diff(resumed, later)).toMatchObject([{ type: 'checkpoint-committed', checkpoint: 1400, machine: 'spot-1' }]);
  });

  test('a lost attempt is told with what it lost, and its successor as resumed', () => {
    const running = snapshot({ steps: [step('fit')] }, { jobs: [job('fit', { step: 1214, checkpoint: 1200 })] });
    const lost = attempt(1, { ended: 'worker-lost', stepsLost: 14, secondsLost: 3.1 });
    const next = job('fit', { machine: 'spot-2', startedAt: start + 30_000, resumedFrom: 1200 }, { attempt: 2 });
    const events = diff(running, snapshot({ steps: [step('fit', { attempts: [lost] })] }, { jobs: [next] }));
    expect(events).toMatchObject([
      { type: 'attempt-ended', at: lost.end, attempt: { ended: 'worker-lost', stepsLost: 14 } },
      { type: 'attempt-started', attempt: 2, machine: 'spot-2', resumedFrom: 1200 },
    ]);
  });

  test('a pause is told once, with what it waits for, and again when the next try has failed', () => {
    const pause = { code: 'Unreachable', message: 'the store is down', since: start + 1000, until: start + 61_000 };
    const waiting = snapshot({ steps: [step('fit', { pause })] });
    const longer = snapshot({ steps: [step('fit', { pause: { ...pause, until: start + 200_000 } })] });
    expect(diff(before, waiting).filter(({ type }) => type === 'paused')).toEqual([
      { at: waiting.at, type: 'paused', step: 'fit', pause },
    ]);
    expect(types(diff(waiting, waiting))).toEqual([]);
    expect(types(diff(waiting, longer))).toEqual(['paused']);
    expect(types(diff(longer, snapshot({ steps: [step('fit')] })))).toEqual([]);
  });

  test('a gate that opens, closes, and opens again for other evidence is told each time', () => {
    const waiting = snapshot({ state: 'awaiting-approval', gates: [gate] });
    const blocked = snapshot({ state: 'blocked', gates: [{ ...gate, state: 'blocked', verdict: 'fail' }] });
    expect(types(diff(snapshot({}), waiting))).toEqual(['gate-open', 'state']);
    expect(types(diff(waiting, blocked))).toEqual(['gate-open', 'state']);
    expect(types(diff(blocked, snapshot({})))).toEqual(['gate-closed', 'state']);
  });

  test('decisions that count and decisions that do not are told once each', () => {
    const at = new Date(start).toISOString();
    const decision = {
      decision: 'approve',
      run: 'delays/one',
      step: 'delays',
      endpoint: 'delays',
      round: 1,
      by: 'ana',
      reason: null,
      at,
      via: 'signal',
      candidate: 'c',
      evidence: 'e',
    } as const;
    const refused = { decision: 'approve', by: null, at, via: 'signal', why: 'nothing waits' } as const;
    const after = snapshot({ decisions: [decision], refused: [refused] });
    expect(types(diff(snapshot({}), after))).toEqual(['decision', 'decision-refused']);
    expect(diff(after, after)).toEqual([]);
  });

  test('a rollout is told by phase and weights', () => {
    const endpoint = (phase: string, percent: number) => ({
      endpoint: 'delays',
      ...{ mode: 'rolling-out' as const, formers: [], alarm: null, leaving: null },
      stable: null,
      candidate: null,
      previous: null,
      phase,
      weights: { v2: percent },
      rollout: 'r',
      queued: [],
      history: [],
    });
    const first = snapshot({ state: 'rolling-out' }, { endpoint: endpoint('canary 5 %', 5) });
    const second = snapshot({ state: 'rolling-out' }, { endpoint: endpoint('canary 25 %', 25) });
    expect(diff(first, second)).toMatchObject([
      { type: 'phase', endpoint: 'delays', phase: 'canary 25 %', weights: { v2: 25 } },
    ]);
  });
});

it('tells what a lost worker really lost once that is known, and claims nothing before', () => {
  const lost = attempt(1, { ended: 'worker-lost', lastStep: 727, checkpoint: null, stepsLost: 727, secondsLost: 20 });
  const before = snapshot({ steps: [step('fit', { attempts: [lost] })] });
  const better = { ...lost, lastStep: 800, checkpoint: 800, stepsLost: 0, secondsLost: 0.1 };
  const after = snapshot({ steps: [step('fit', { attempts: [better, attempt(2, { resumedFrom: 800 })] })] });
  const told = (former: Snapshot | null, next: Snapshot) =>
    diff(former, next)
      .flatMap((event) => linesOf(event, plainPaint))
      .join('\n');
  expect(told(null, before)).toContain('lost its worker on spot-1 (last heard of at step 727, no checkpoint known)');
  expect(told(null, before)).not.toContain('lost 727');
  expect(told(before, after)).toContain('attempt 1 is now known to have lost at least 0 steps, 0.1 s');
  expect(told(after, after)).toBe('');
});

it('tells of decisions that did not count when they came, also to who looks later', () => {
  const refused = {
    decision: 'approve',
    by: 'ana',
    at: new Date(start + 5).toISOString(),
    via: 'signal',
    why: 'no',
  } as const;
  const [event] = diff(null, snapshot({ refused: [refused] })).filter(({ type }) => type === 'decision-refused');
  expect(event?.at).toBe(start + 5);
});
