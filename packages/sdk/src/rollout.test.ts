import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dataset } from './artifact.ts';
import { column, table } from './column.ts';
import { ErrorCode } from './errors.ts';
import {
  blueGreen,
  canary,
  checkedRollout,
  ROLLBACK_LIMIT,
  type RolloutOptions,
  rollbackBudget,
  SCRAPE,
} from './rollout.ts';

describe('a canary', () => {
  it('has these defaults', () => {
    expect(canary([5, 25, 50])).toEqual({
      kind: 'canary',
      steps: [5, 25, 50],
      hold: 60_000,
      extend: 300_000,
      bake: 600_000,
      control: 25,
      shadow: 0,
      lease: 60_000,
      health: {
        interval: 2_000,
        switch: 10_000,
        verify: 10_000,
        minRequests: 20,
        errorMargin: 0.01,
        maxErrorRate: 0.05,
        latencyFactor: { p50: 1.5, p95: 1.2, p99: 1.5 },
        onFail: 'rollback',
        onInconclusive: 'extend',
        onError: 'hold',
      },
    });
  });

  it('has a version that is known to be bad off traffic within a minute: the lease is longer than 1 + 2 + 10 + 10 s', () => {
    expect(rollbackBudget(canary([5]))).toBe(60_000);
    expect(rollbackBudget(canary([5], { lease: '10 seconds' }))).toBe(23_000);
  });

  it('takes one factor for all quantiles of the latency, or some of them', () => {
    const factors = (latencyFactor: number | { p95: number }) => canary([5], { health: { latencyFactor } }).health;
    expect(factors(3).latencyFactor).toEqual({ p50: 3, p95: 3, p99: 3 });
    expect(factors({ p95: 2 }).latencyFactor).toEqual({ p50: 1.5, p95: 2, p99: 1.5 });
  });

  it('extends a step by five times what it holds, unless told otherwise', () => {
    expect(canary([5], { hold: '2 minutes' })).toMatchObject({ hold: 120_000, extend: 600_000 });
    expect(canary([5], { hold: '2 minutes', extend: 0 })).toMatchObject({ extend: 0 });
  });

  it('takes fractions of a percent', () => {
    expect(canary([0.1, 1, 99.9]).steps).toEqual([0.1, 1, 99.9]);
  });

  it.each([
    [[]],
    [[0]],
    [[100]],
    [[5, 5]],
    [[25, 5]],
    [[-1]],
    [[Number.NaN]],
    [['5' as unknown as number]],
    [[5, undefined as unknown as number]],
  ])('refuses the steps %j', (steps) => {
    expect(() => canary(steps)).toThrow(/must rise and lie between 0 and 100/);
  });

  it('refuses steps that are no list', () => {
    expect(() => canary(5 as unknown as number[])).toThrow(/canary\(5\): steps must rise/);
  });
});

describe('a blue-green rollout', () => {
  it('has no steps', () => {
    expect(blueGreen({ shadow: 10, bake: '1 hour' })).toMatchObject({
      kind: 'blue-green',
      steps: [],
      shadow: 10,
      bake: 3_600_000,
    });
  });
});

describe('the rollback budget', () => {
  const times = fc.record({
    interval: fc.integer({ min: 1, max: 60_000 }),
    switch: fc.integer({ min: 0, max: 200_000 }),
    verify: fc.integer({ min: 0, max: 200_000 }),
  });
  const leases = fc.integer({ min: 180_000, max: 400_000 });

  it('refuses exactly the rollouts that could keep a bad version on traffic for longer than 300 seconds', () => {
    fc.assert(
      fc.property(times, leases, (health, lease) => {
        const watched = SCRAPE + health.interval + health.switch + health.verify;
        const budget = Math.max(watched, lease);
        if (budget > 300_000) expect(() => canary([50], { lease, health })).toThrow(`for ${budget / 1000} s`);
        else expect(rollbackBudget(canary([50], { lease, health }))).toBe(budget);
      }),
    );
  });

  it('may be just the limit', () => {
    expect(rollbackBudget(blueGreen({ lease: '300 seconds' }))).toBe(ROLLBACK_LIMIT);
    expect(() => blueGreen({ lease: 300_001 })).toThrow(/limit is 300 s/);
  });

  it('is judged again for a rollout put together by hand', () => {
    const spec = canary([5]);
    const slow = { ...spec, health: { ...spec.health, switch: 1_000_000 } };
    expect(() => checkedRollout(slow, 'deploy shop')).toThrow(/1013 s/);
    expect(() => checkedRollout({ ...spec, steps: [] }, 'deploy shop')).toThrow(/must rise/);
    expect(() => checkedRollout({ ...blueGreen(), steps: [5] }, 'deploy shop')).toThrow(/has no steps/);
    expect(() => checkedRollout('canary' as never, 'deploy shop')).toThrow(/the rollout is "canary"/);
  });

  it('refuses a lease that the watcher could not renew in time', () => {
    expect(() => canary([5], { lease: '10 seconds', health: { interval: '4 seconds' } })).toThrow(/three looks/);
  });
});

describe('options of a rollout that cannot work', () => {
  it.each<[string, object]>([
    ['hold', { hold: -1 }],
    ['hold', { hold: 'soon' }],
    ['extend', { extend: Number.NaN }],
    ['bake', { bake: '' }],
    ['shadow', { shadow: 101 }],
    ['shadow', { shadow: -1 }],
    ['control', { control: 0 }],
    ['control', { control: 50 }],
    ['lease', { lease: 0 }],
    ['health.interval', { health: { interval: 0 } }],
    ['health.minRequests', { health: { minRequests: 0 } }],
    ['health.errorMargin', { health: { errorMargin: -0.1 } }],
    ['health.errorMargin', { health: { errorMargin: 1.1 } }],
    ['health.maxErrorRate', { health: { maxErrorRate: 5 } }],
    ['health.latencyFactor.p50', { health: { latencyFactor: 0.5 } }],
    ['health.latencyFactor.p99', { health: { latencyFactor: { p99: 0.5 } } }],
    ['"p90"', { health: { latencyFactor: { p90: 2 } } }],
    ['health.onFail', { health: { onFail: 'ignore' } }],
    ['health.onError', { health: { onError: 7 } }],
    ['"bakes"', { bakes: '1 hour' }],
    ['"consecutive"', { health: { consecutive: 1 } }],
  ])('name %s', (label, options) => {
    expect(() => canary([5], options as RolloutOptions)).toThrow(
      expect.objectContaining({
        code: ErrorCode.InvalidStep,
        where: 'canary rollout',
        message: expect.stringContaining(label),
        fix: expect.stringMatching(/./),
      }),
    );
  });
});

describe('a shadow phase', () => {
  const inRange = column('prediction').between(0, 500);

  it('is a number, as it always was, or that number with checks of what is answered', () => {
    expect(canary([5], { shadow: 20 })).not.toHaveProperty('shadowChecks');
    expect(canary([5], { shadow: { percent: 20, checks: [inRange] } })).toEqual({
      ...canary([5], { shadow: 20 }),
      shadowChecks: {
        checks: [inRange, column('prediction').notNull()],
        reference: null,
        as: 'prediction',
        rows: 10_000,
      },
    });
    expect(blueGreen({ shadow: { percent: 1, checks: [inRange] } }).shadow).toBe(1);
  });

  it('leaves it to the author how many rows may be without an answer', () => {
    const checks = [column('answer').notNull().mostly(0.9)];
    expect(canary([5], { shadow: { percent: 20, as: 'answer', checks } }).shadowChecks?.checks).toEqual(checks);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing copied', { percent: 0, checks: [inRange] }, /shadow\.percent is 0; it must be a number over 0/],
    ['more than all', { percent: 101, checks: [inRange] }, /shadow\.percent is 101/],
    ['no check', { percent: 20, checks: [] }, /checks is /],
    ['no list of checks', { percent: 20 }, /checks is undefined/],
    ['an option that there is not', { percent: 20, check: [inRange] }, /there is no "check"/],
    ['a column without a name', { percent: 20, checks: [inRange], as: ' ' }, /shadow\.as is " "/],
    ['half a row', { percent: 20, checks: [inRange], rows: 0.5 }, /shadow\.rows is 0\.5/],
    [
      'a promise of a dataset',
      { percent: 20, checks: [inRange], reference: Promise.resolve() },
      /a promise of a dataset/,
    ],
    ['a text', '20 %', /shadow: expected an object/],
    ['a distribution beside nothing', { percent: 20, checks: [column('x').distribution('psi', 0.2)] }, /there is none/],
    ['rows beside nothing', { percent: 20, checks: [table().rowsRatio(0.5, 2)] }, /rowsRatio is held against/],
    ['another dataset', { percent: 20, checks: [column('x').references('a', 'b')] }, /"a\.b" is of another dataset/],
  ])('with %s is refused', (_, shadow, message) => {
    const code = ErrorCode.InvalidStep;
    const refusal = expect.objectContaining({ code, message: expect.stringMatching(message) });
    expect(() => canary([5], { shadow: shadow as number })).toThrow(refusal);
  });

  it('put together by hand must copy what it checks', () => {
    const { shadowChecks } = canary([5], { shadow: { percent: 20, checks: [inRange] } });
    const spec = { ...canary([5]), ...(shadowChecks && { shadowChecks }) };
    expect(() => checkedRollout(spec, 'deploy shop')).toThrow(/there are checks of shadow answers, and shadow is 0/);
  });

  it('takes a dataset to hold answers against', () => {
    const reference = { kind: 'dataset', uri: 'sluice:blob/00', digest: 'sha256:00', bytes: 1 } as unknown as Dataset;
    const { shadowChecks } = canary([5], { shadow: { percent: 20, checks: [inRange], reference } });
    expect(shadowChecks?.reference).toEqual(reference);
  });
});
