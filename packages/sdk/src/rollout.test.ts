import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ErrorCode } from './errors.ts';
import { blueGreen, canary, checkedRollout, ROLLBACK_LIMIT, type RolloutOptions, rollbackBudget } from './rollout.ts';

describe('a canary', () => {
  it('has these defaults', () => {
    expect(canary([5, 25, 50])).toEqual({
      kind: 'canary',
      steps: [5, 25, 50],
      hold: 60_000,
      extend: 300_000,
      bake: 600_000,
      shadow: 0,
      health: {
        scrape: 1_000,
        window: 30_000,
        interval: 10_000,
        consecutive: 2,
        switch: 10_000,
        verify: 10_000,
        minRequests: 20,
        errorMargin: 0.01,
        maxErrorRate: 0.05,
        latencyFactor: 2,
        onFail: 'rollback',
        onInconclusive: 'extend',
        onError: 'hold',
      },
    });
  });

  it('by default has a bad version off traffic within 1 + 30 + 10 × 2 + 10 + 10 = 71 seconds', () => {
    expect(rollbackBudget(canary([5]).health)).toBe(71_000);
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
    scrape: fc.integer({ min: 0, max: 120_000 }),
    window: fc.integer({ min: 1, max: 120_000 }),
    interval: fc.integer({ min: 1, max: 60_000 }),
    consecutive: fc.integer({ min: 1, max: 10 }),
    switch: fc.integer({ min: 0, max: 60_000 }),
    verify: fc.integer({ min: 0, max: 60_000 }),
  });

  it('refuses exactly the rollouts that could keep a bad version on traffic for longer than 300 seconds', () => {
    fc.assert(
      fc.property(times, (health) => {
        const budget =
          health.scrape + health.window + health.interval * health.consecutive + health.switch + health.verify;
        if (budget > 300_000) expect(() => canary([50], { health })).toThrow(`for ${budget / 1000} s`);
        else expect(rollbackBudget(canary([50], { health }).health)).toBe(budget);
      }),
    );
  });

  it('may be just the limit', () => {
    // 1 + 259 + 10 × 2 + 10 + 10 = 300 seconds
    expect(rollbackBudget(blueGreen({ health: { window: 259_000 } }).health)).toBe(ROLLBACK_LIMIT);
    expect(() => blueGreen({ health: { window: 259_001 } })).toThrow(/limit is 300 s/);
  });

  it('is judged again for a rollout put together by hand', () => {
    const spec = canary([5]);
    const slow = { ...spec, health: { ...spec.health, consecutive: 100 } };
    expect(() => checkedRollout(slow, 'deploy shop')).toThrow(/1051 s/);
    expect(() => checkedRollout({ ...spec, steps: [] }, 'deploy shop')).toThrow(/must rise/);
    expect(() => checkedRollout({ ...blueGreen(), steps: [5] }, 'deploy shop')).toThrow(/has no steps/);
    expect(() => checkedRollout('canary' as never, 'deploy shop')).toThrow(/the rollout is "canary"/);
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
    ['health.window', { health: { window: 0 } }],
    ['health.interval', { health: { interval: 0 } }],
    ['health.consecutive', { health: { consecutive: 0 } }],
    ['health.consecutive', { health: { consecutive: 1.5 } }],
    ['health.consecutive', { health: { consecutive: Number.NaN } }],
    ['health.minRequests', { health: { minRequests: 0 } }],
    ['health.errorMargin', { health: { errorMargin: -0.1 } }],
    ['health.errorMargin', { health: { errorMargin: 1.1 } }],
    ['health.maxErrorRate', { health: { maxErrorRate: 5 } }],
    ['health.latencyFactor', { health: { latencyFactor: 0.5 } }],
    ['health.onFail', { health: { onFail: 'ignore' } }],
    ['health.onError', { health: { onError: 7 } }],
    ['"bakes"', { bakes: '1 hour' }],
    ['"consecutiv"', { health: { consecutiv: 1 } }],
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
