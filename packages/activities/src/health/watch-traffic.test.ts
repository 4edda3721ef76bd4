import type { Reaction, WatchInput } from '@sluice/sdk';
import { describe, expect, test } from 'vitest';
import { type Script, type ScriptedEndpoint, START, scripted, watchInput } from './testing/scripted-endpoint.ts';
import { watchTraffic } from './watch-traffic.ts';

const quiet = { signal: new AbortController().signal, heartbeat: () => {} };

async function watch(script: Script, more: Parameters<typeof watchInput>[0] = {}) {
  const endpoint = scripted(script);
  const outcome = await watchOn(endpoint, watchInput(more));
  return { ...outcome, endpoint, seconds: (endpoint.clock.now() - START) / 1000 };
}

function watchOn(endpoint: ScriptedEndpoint, input: WatchInput, former?: unknown) {
  const scope = former === undefined ? quiet : { ...quiet, former };
  return watchTraffic(endpoint.target, input, scope, endpoint.clock);
}

const well = () => ({ good: 5 });

describe('a phase', () => {
  test('passes once its time is up', async () => {
    const outcome = await watch({ candidate: well });
    expect(outcome).toMatchObject({ verdict: 'pass', reason: null, firstBadAt: null, moved: false, seconds: 60 });
    expect(outcome.evidence[0]).toMatchObject({ slice: 'canary 5 %' });
  });

  test('fails as soon as errors are beyond doubt, and says when the first bad answer was', async () => {
    const candidate = (second: number) => (second < 20 ? { good: 5 } : { good: 3, bad: 2 });
    const outcome = await watch({ candidate });
    expect(outcome).toMatchObject({ verdict: 'fail', firstBadAt: START + 20_007 });
    expect(outcome.reason).toMatch(/^canary 5 %: error share is 0\.\d+ \(≤ stable \+ 0\.01; stable 0\)$/);
    expect(outcome.evidence[0]).toMatchObject({ metric: 'error share', verdict: 'fail', baseline: 0 });
    expect(outcome.seconds).toBeLessThan(30);
  });

  test.each([
    ['refused share (4xx)', { good: 3, refused: 2 }],
    ['share of callers who gave up', { good: 3, aborted: 2 }],
    ['latency', { good: 5, latency: 200 }],
  ])('says for the %s in which second the first bad answer was counted', async (metric, worse) => {
    const outcome = await watch({ candidate: (second) => (second < 21 ? { good: 5 } : worse) });
    expect(outcome.verdict).toBe('fail');
    expect(outcome.evidence.map((row) => row.verdict === 'fail' && row.metric).join()).toContain(metric);
    expect(outcome.firstBadAt).toBe(START + 21_000);
  });

  test('is not ended by a bad second that both versions had', async () => {
    const outage = (rate: number) => (second: number) => (second >= 30 && second < 40 ? { bad: rate } : { good: rate });
    expect(await watch({ candidate: outage(5), stable: outage(95) })).toMatchObject({ verdict: 'pass' });
  });

  test.each(['crashed', 'stopped'] as const)('fails at the first look at a %s process', async (state) => {
    const outcome = await watch({ candidate: well, state: () => ({ state, lastError: 'exit code 9' }) });
    expect(outcome).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('exit code 9'), seconds: 0 });
  });

  test('fails when the process came back after a crash between two looks', async () => {
    const state = (second: number) => ({ restarts: second < 10 ? 3 : 4, lastError: 'killed by SIGKILL' });
    expect((await watch({ candidate: well, state }, { restarts: 3 })).reason).toContain('killed by SIGKILL');
  });

  test('fails when the process came back after a crash before the first look', async () => {
    const state = () => ({ restarts: 1, lastError: 'killed by SIGKILL' });
    expect((await watch({ candidate: well, state })).reason).toContain('killed by SIGKILL');
    // A workflow of before did not say how it was found ready.
    expect(await watch({ candidate: well, state }, { restarts: null })).toMatchObject({ verdict: 'pass' });
  });

  test('fails when the process crashed after the gateway was started again, and counts from 0', async () => {
    const restarts = (second: number) => (second < 10 ? 2 : second < 20 ? 0 : 1);
    const state = (second: number) => ({ restarts: restarts(second), lastError: 'killed by SIGKILL' });
    expect((await watch({ candidate: well, state }, { restarts: 2 })).reason).toContain('killed by SIGKILL');
  });

  test('fails when the process crashed while the phase before ended', async () => {
    const first = await watch({ candidate: well, state: () => ({ restarts: 3 }) }, { restarts: 3 });
    const later = { phase: 'bake', since: START + 61_000, memory: first.memory };
    const endpoint = scripted({ candidate: well, state: () => ({ restarts: 4, lastError: 'killed' }) });
    endpoint.skip(61);
    expect(await watchOn(endpoint, watchInput(later))).toMatchObject({ verdict: 'fail' });
  });

  test('passes with a process that is too busy for /ping while its traffic is well', async () => {
    const outcome = await watch({ candidate: well, state: () => ({ state: 'unhealthy', lastError: 'no answer' }) });
    expect(outcome.verdict).toBe('pass');
    expect(outcome.evidence.find(({ metric }) => metric === 'server process')?.note).toContain('its traffic is well');
  });

  test('fails when the candidate has vanished from the gateway', async () => {
    expect(await watch({ candidate: well, state: () => null })).toMatchObject({ verdict: 'fail' });
  });

  test('ends when it is cancelled, also while the gateway hangs', async () => {
    const cancel = new AbortController();
    const endpoint = scripted({ candidate: well });
    const hanging = { ...endpoint.target, measure: () => new Promise<never>(() => {}) };
    const scope = { signal: cancel.signal, heartbeat: () => {} };
    const watching = watchTraffic(hanging, watchInput(), scope, endpoint.clock);
    cancel.abort(new Error('cancelled'));
    await expect(watching).rejects.toThrow('cancelled');
  });
});

describe('who serves', () => {
  test('is looked at: traffic that somebody else moved ends the phase', async () => {
    const weights = (second: number) => (second < 20 ? { v1: 95, v2: 5 } : { v1: 100 });
    const outcome = await watch({ candidate: well, weights });
    expect(outcome).toMatchObject({ verdict: 'error', moved: true });
    expect(outcome.reason).toBe('canary 5 %: traffic was moved: v1 serves 100 %');
    expect(outcome.seconds).toBeLessThan(25);
  });

  test('may be written with other numbers', async () => {
    expect(await watch({ candidate: well, weights: () => ({ v1: 19, v2: 1 }) })).toMatchObject({ verdict: 'pass' });
  });

  test('may be looked at in the middle of a change', async () => {
    const weights = (second: number) => (second === 20 ? { v1: 100 } : { v1: 95, v2: 5 });
    expect(await watch({ candidate: well, weights })).toMatchObject({ verdict: 'pass' });
  });

  test('is kept by a lease that every look renews', async () => {
    const { endpoint } = await watch({ candidate: well });
    const gaps = endpoint.renewals.map((at, i) => at - (endpoint.renewals[i - 1] ?? START));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2_000);
    expect(endpoint.renewals.length).toBeGreaterThanOrEqual(30);
  });

  test('is a first version without a lease', async () => {
    const { endpoint } = await watch(
      { candidate: well, weights: () => ({ v2: 1 }) },
      { stable: null, weights: { v2: 100 } },
    );
    expect(endpoint.renewals).toEqual([]);
  });

  test('that has no lease any more is an error, and traffic that went back is told', async () => {
    const noLease = (second: number) => second >= 20;
    const failing = await watch({ candidate: well, noLease }, { health: { onError: 'rollback' } });
    expect(failing).toMatchObject({ verdict: 'error', moved: false });
    expect(failing.reason).toContain('there is no lease');
    const weights = (second: number) => (noLease(second) ? { v1: 100 } : { v1: 95, v2: 5 });
    expect(await watch({ candidate: well, noLease, weights })).toMatchObject({ verdict: 'error', moved: true });
  });
});

describe('a watcher that takes over', () => {
  const refusing = (second: number) => (second < 70 ? { good: 80 } : { good: 48, refused: 32 });
  const bake = { phase: 'bake', hold: 600_000, weights: { v1: 20, v2: 80 } };
  const script: Script = { candidate: refusing, stable: () => ({ good: 20 }), weights: () => ({ v1: 20, v2: 80 }) };

  test('more than a minute into the bake still knows what is normal', async () => {
    const beats: unknown[] = [];
    const stop = new AbortController();
    const first = scripted(script);
    const lost = watchTraffic(
      first.target,
      watchInput(bake),
      {
        signal: stop.signal,
        heartbeat: (beat) => {
          beats.push(beat);
          if (first.clock.now() >= START + 66_000) stop.abort(new Error('its worker was lost'));
        },
      },
      first.clock,
    );
    await expect(lost).rejects.toThrow('lost');
    const second = scripted(script);
    second.skip(96);
    const former = JSON.parse(JSON.stringify(beats.at(-1)));
    const outcome = await watchOn(second, watchInput(bake), former);
    expect(outcome).toMatchObject({ verdict: 'fail', firstBadAt: START + 70_000 });
    expect(second.clock.now() - START).toBeLessThan(100_000);
  });

  test('with nothing in its hands reads the record and the phase again', async () => {
    const endpoint = scripted(script);
    endpoint.skip(96);
    expect(await watchOn(endpoint, watchInput(bake))).toMatchObject({ verdict: 'fail' });
  });

  test('at any look comes to the verdict, the evidence and the memory of one who was never lost', async () => {
    const candidate = (second: number) => (second % 7 === 3 && second > 15 ? { good: 3, bad: 1 } : { good: 4 });
    const script: Script = { candidate, stable: (second) => ({ good: 95, bad: second % 20 === 0 ? 1 : 0 }) };
    const whole = scripted(script);
    const undisturbed = await watchOn(whole, watchInput());
    expect(undisturbed.verdict).toBe('fail');
    const end = whole.clock.now();
    for (let lostAt = START; lostAt < end; lostAt += 4_000) {
      const endpoint = scripted(script);
      const stop = new AbortController();
      let last: unknown;
      const scope = {
        signal: stop.signal,
        heartbeat: (beat: unknown) => {
          last = JSON.parse(JSON.stringify(beat));
          if (endpoint.clock.now() >= lostAt) stop.abort(new Error('lost'));
        },
      };
      await expect(watchTraffic(endpoint.target, watchInput(), scope, endpoint.clock)).rejects.toThrow('lost');
      endpoint.skip(10);
      const outcome = await watchOn(endpoint, watchInput(), last);
      expect(outcome.verdict).toBe('fail');
      expect(outcome.firstBadAt).toBe(undisturbed.firstBadAt);
      if (endpoint.clock.now() <= end + 2_000) expect(outcome.memory).toEqual(undisturbed.memory);
    }
  });

  test('counts nothing of another phase', async () => {
    const former = { phase: 'canary 1 %', memory: null, seenAt: START, blind: 0, measured: true };
    const endpoint = scripted({ candidate: well });
    expect(await watchOn(endpoint, watchInput(), former)).toMatchObject({ verdict: 'pass' });
  });
});

describe('a phase that is given more time', () => {
  const rare = (second: number) => ({ good: second % 30 === 0 ? 1 : 0 });

  test.each([
    ['goes on with what it knows', well, null],
    ['has no more extra time than it had at first', rare, 'canary 5 %: too little traffic to judge it by'],
  ])('%s', async (_, candidate, reason) => {
    const endpoint = scripted({ candidate });
    const first = await watchOn(endpoint, watchInput({ extend: 0, health: { onInconclusive: 'extend' } }));
    const watchedUntil = endpoint.clock.now();
    endpoint.skip(5);
    const again = watchInput({ watchedUntil, hold: 90_000, extend: 30_000, memory: first.memory });
    expect(await watchOn(endpoint, again)).toMatchObject({ verdict: 'pass', reason });
    const seconds = (endpoint.clock.now() - START) / 1000;
    // Nobody looked while it was decided that there is more time: that does not count.
    expect(seconds).toBeGreaterThanOrEqual(reason === null ? 90 : 120);
    expect(seconds).toBeLessThanOrEqual(reason === null ? 92 : 127);
  });
});

describe('too little traffic', () => {
  const rare = (second: number) => ({ good: second % 30 === 0 ? 1 : 0 });

  test('is waited for, and then goes on to the next, larger step with a note', async () => {
    const outcome = await watch({ candidate: rare });
    expect(outcome).toMatchObject({
      verdict: 'pass',
      reason: 'canary 5 %: too little traffic to judge it by',
      seconds: 120,
    });
    expect(outcome.evidence[0]?.note).toBe('4 of the 20 requests that a verdict needs');
  });

  test('in the bake ends inconclusive with what was missing', async () => {
    const outcome = await watch({ candidate: rare }, { phase: 'bake' });
    expect(outcome).toMatchObject({ verdict: 'inconclusive', seconds: 120 });
    expect(outcome.reason).toContain('4 of the 20 requests that a verdict needs');
  });

  test('that comes late still passes', async () => {
    const candidate = (second: number) => ({ good: second < 70 ? 0 : 5 });
    expect(await watch({ candidate }, { phase: 'bake' })).toMatchObject({ verdict: 'pass', reason: null });
  });

  test('never passes what looks bad', async () => {
    const candidate = (second: number) => (second % 30 === 0 ? { bad: 1 } : {});
    expect((await watch({ candidate })).verdict).not.toBe('pass');
  });

  test('does not keep out the first version of an endpoint', async () => {
    const first = { stable: null, weights: { v2: 100 } };
    const outcome = await watch({ weights: () => ({ v2: 100 }) }, first);
    expect(outcome).toMatchObject({
      verdict: 'pass',
      reason: 'canary 5 %: too little traffic to judge it by',
      seconds: 60,
    });
  });

  test('does not let a first version pass that answers with errors', async () => {
    const first = { stable: null, weights: { v2: 100 } };
    const candidate = (second: number) => ({ bad: second < 5 ? 1 : 0 });
    expect(await watch({ candidate, weights: () => ({ v2: 100 }) }, first)).toMatchObject({ verdict: 'fail' });
  });
});

describe('time in which there was no gateway', () => {
  test('is given to the candidate', async () => {
    // 5 requests before, 60 after: with the two minutes that were lost it would have been over.
    const candidate = (second: number) => ({ good: second < 5 || second > 150 ? 1 : 0 });
    const down = (second: number) => second >= 6 && second < 150;
    expect(await watch({ candidate, down }, { phase: 'bake' })).toMatchObject({ verdict: 'pass' });
  });

  test('of five minutes ends the phase, whatever onError says', async () => {
    const outcome = await watch({ candidate: well, down: (second) => second >= 30 });
    expect(outcome).toMatchObject({ verdict: 'error' });
    expect(outcome.seconds).toBeGreaterThanOrEqual(328);
  });
});

describe('the policy', () => {
  const bad = () => ({ good: 3, bad: 2 });
  const rare = (second: number) => ({ good: second % 30 === 0 ? 1 : 0 });

  test.each([
    ['warn', 'pass'],
    ['extend', 'fail'],
  ] as [Reaction, string][])('onFail: %s ends in %s', async (onFail, verdict) => {
    expect((await watch({ candidate: bad }, { health: { onFail } })).verdict).toBe(verdict);
  });

  test.each([
    ['warn', 'pass'],
    ['rollback', 'inconclusive'],
    ['extend', 'inconclusive'],
  ] as [Reaction, string][])('onInconclusive: %s ends a bake in %s', async (onInconclusive, verdict) => {
    expect((await watch({ candidate: rare }, { phase: 'bake', health: { onInconclusive } })).verdict).toBe(verdict);
  });

  test.each([
    ['warn', 'error'],
    ['rollback', 'error'],
    ['extend', 'error'],
  ] as [Reaction, string][])('onError: %s ends in %s when nothing was ever measured', async (onError, verdict) => {
    expect((await watch({ down: () => true }, { health: { onError } })).verdict).toBe(verdict);
  });

  test('onError: warn passes a phase of which something was seen', async () => {
    const outcome = await watch({ candidate: well, down: (second) => second > 30 }, { health: { onError: 'warn' } });
    expect(outcome.verdict).toBe('pass');
  });
});

test('a shadow is judged by its copies', async () => {
  const more = { phase: 'shadow', weights: { v1: 100 } };
  const weights = () => ({ v1: 100 });
  const fine = { shadow: () => ({ good: 20 }), weights };
  expect(await watch(fine, more)).toMatchObject({ verdict: 'pass' });
  const broken = { shadow: () => ({ good: 16, bad: 4, worse: 4 }), weights };
  const outcome = await watch(broken, more);
  expect(outcome.verdict).toBe('fail');
  expect(outcome.evidence.map(({ metric }) => metric)).toContain(
    'mirrored requests that only the stable version answers',
  );
});

describe('a process that hangs', () => {
  const hangs = (second: number) => (second < 10 ? { good: 5 } : {});
  const unhealthy = (second: number) => (second < 16 ? {} : { state: 'unhealthy' as const, lastError: 'no answer' });

  test('is a failure long before its callers’ deadlines, while the stable version is well', async () => {
    const outcome = await watch({ candidate: hangs, state: unhealthy });
    expect(outcome).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('neither requests nor /ping') });
    expect(outcome.seconds).toBeLessThan(30);
  });

  test('is not blamed for what the stable version shows as well', async () => {
    const outcome = await watch({ candidate: hangs, stable: hangs, state: unhealthy, stableState: unhealthy });
    expect(outcome.reason ?? '').not.toContain('neither requests nor /ping');
  });
});

test('a split without a lease has been gone back on: the phase ends, whatever the weights say', async () => {
  const outcome = await watch({ candidate: well, lapsed: (second) => second >= 10 });
  expect(outcome).toMatchObject({ moved: true, reason: expect.stringContaining('its lease ran out') });
  expect(outcome.seconds).toBeLessThan(20);
});
