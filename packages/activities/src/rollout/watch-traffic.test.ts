import {
  canary,
  type Measurement,
  type Reaction,
  type RolloutOptions,
  type VersionHealth,
  type VersionTraffic,
  type WatchInput,
} from '@sluice/sdk';
import { describe, expect, test } from 'vitest';
import type { Target } from './target.ts';
import { watchTraffic } from './watch-traffic.ts';

const quiet = { signal: new AbortController().signal, heartbeat: () => {} };

/** What a look finds: good requests, bad ones, the state of the candidate; or null for a gateway that is down. */
type Look = { good?: number; bad?: number; state?: Partial<VersionHealth>; firstErrorAt?: number } | null;

/** A target that shows one look after the other, and the last one for ever. */
function target(looks: Look[], stable = { good: 1000, bad: 0 }): Target & { looks: number } {
  const self = {
    looks: 0,
    async measure(_: string, { since, until }: { since: number; until?: number }): Promise<Measurement> {
      if (until !== undefined) return measured({ good: 0 }, stable);
      // Every look asks twice: for the window and for the phase.
      const look = looks[Math.min(Math.floor(self.looks / 2), looks.length - 1)] ?? null;
      self.looks += 1;
      if (look === null) throw new Error(`down since ${since}`);
      return measured(look, stable);
    },
    start: async () => ({ ready: true, reason: null }),
    traffic: async () => ({ at: Date.now() }),
    stop: async () => {},
  };
  return self;
}

function measured(look: NonNullable<Look>, stable: { good: number; bad: number }): Measurement {
  const version: VersionHealth = {
    id: 'v2',
    digest: 'd',
    state: 'ready',
    restarts: 0,
    lastError: null,
    ...look.state,
  };
  return {
    ...{ now: Date.now(), since: 0, until: 0, weights: {}, mirror: null },
    versions: { v1: traffic(stable.good, stable.bad), v2: traffic(look.good ?? 0, look.bad ?? 0, look.firstErrorAt) },
    shadow: {},
    states: { v2: version },
  };
}

function traffic(good: number, bad: number, firstErrorAt = Date.now()): VersionTraffic {
  return {
    requests: good + bad,
    errors: bad,
    byStatus: { '2xx': good, '5xx': bad },
    ...{ transport: 0, deadline: 0, aborted: 0, callers: {} },
    latency: { edges: [5], counts: [good, 0] },
    firstErrorAt: bad > 0 ? firstErrorAt : null,
  };
}

function input(more: Partial<WatchInput> & { health?: RolloutOptions['health'] } = {}): WatchInput {
  const { health, ...rest } = more;
  const spec = canary([5], { health: { interval: 60, window: 1000, ...health } });
  return {
    endpoint: 'demo',
    candidate: 'v2',
    stable: 'v1',
    spec,
    phase: 'canary 5 %',
    since: Date.now(),
    hold: 200,
    extend: 200,
    ...{ weights: { v1: 95, v2: 5 }, memory: null },
    ...rest,
  };
}

describe('a phase', () => {
  test('passes once its time is up and the last measurement passed', async () => {
    const watched = input();
    const outcome = await watchTraffic(target([{ good: 100 }]), watched, quiet);
    expect(outcome).toMatchObject({ verdict: 'pass', reason: null, firstBadAt: null });
    expect(Date.now() - watched.since).toBeGreaterThanOrEqual(200);
    expect(outcome.evidence[0]).toMatchObject({ slice: 'canary 5 %' });
  });

  test('fails at once when measurements fail in a row, and says when the first bad answer was', async () => {
    const firstErrorAt = Date.now() + 7;
    const looks: Look[] = [{ good: 50 }, { good: 50, bad: 40, firstErrorAt }];
    const watched = input({ hold: 60_000 });
    const outcome = await watchTraffic(target(looks), watched, quiet);
    expect(outcome).toMatchObject({ verdict: 'fail', firstBadAt: firstErrorAt });
    expect(outcome.reason).toBe(
      'canary 5 %: error share is 0.444 (≤ 0.05, and ≤ stable + 0.01; stable 0), 2 measurements in a row',
    );
    expect(outcome.evidence[0]).toMatchObject({ metric: 'error share', verdict: 'fail' });
    expect(Date.now() - watched.since).toBeLessThan(5_000);
  });

  test('does not fail when a bad measurement is followed by a good one', async () => {
    const looks: Look[] = [{ good: 50, bad: 40 }, { good: 100 }, { good: 50, bad: 40 }, { good: 100 }];
    expect((await watchTraffic(target(looks), input({ hold: 400 }), quiet)).verdict).toBe('pass');
  });

  test('is not saved by silence between two bad measurements', async () => {
    const looks: Look[] = [{ good: 50, bad: 40 }, { good: 1 }, { good: 50, bad: 40 }];
    expect((await watchTraffic(target(looks), input({ hold: 60_000 }), quiet)).verdict).toBe('fail');
  });

  test.each(['crashed', 'stopped'] as const)('fails at the first look at a %s process', async (state) => {
    const looks: Look[] = [{ good: 50, state: { state, lastError: 'exit code 9' } }];
    const watching = target(looks);
    const outcome = await watchTraffic(watching, input({ hold: 60_000 }), quiet);
    expect(outcome).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('exit code 9') });
    expect(watching.looks).toBe(2);
  });

  test('fails when the process came back after a crash between two looks', async () => {
    const looks: Look[] = [{ good: 50 }, { good: 60, state: { restarts: 1, lastError: 'killed by SIGKILL' } }];
    const outcome = await watchTraffic(target(looks), input({ hold: 60_000 }), quiet);
    expect(outcome.reason).toContain('killed by SIGKILL');
  });

  test('fails when the process crashed while there was no watcher, and tells since when it is bad', async () => {
    const beats: unknown[] = [];
    const stop = new AbortController();
    const heartbeat = (details: unknown) => void beats.push(details);
    const lost = watchTraffic(target([{ good: 50, bad: 1, firstErrorAt: 1234 }]), input({ hold: 60_000 }), {
      signal: stop.signal,
      heartbeat,
    });
    await expect.poll(() => beats.at(-1)).toMatchObject({ restarts: 0 });
    stop.abort(new Error('its worker was lost'));
    await expect(lost).rejects.toThrow('lost');
    const looks: Look[] = [{ good: 60, state: { restarts: 1, lastError: 'killed by SIGKILL' } }];
    const outcome = await watchTraffic(target(looks), input({ hold: 60_000 }), { ...quiet, former: beats.at(-1) });
    expect(outcome).toMatchObject({
      verdict: 'fail',
      firstBadAt: 1234,
      reason: expect.stringContaining('killed by SIGKILL'),
    });
  });

  test.each([
    ['watcher', { former: { seenAt: Date.now() - 60_000, blind: 0 } }, [{ good: 1 }, { good: 1 }, { good: 60 }]],
    ['gateway', {}, [{ good: 1 }, null, null, null, null, null, null, null, null, { good: 1 }, { good: 60 }]],
  ] as [string, object, Look[]][])('gives the candidate the time in which there was no %s', async (_, more, looks) => {
    const since = 'former' in more ? Date.now() - 60_000 : Date.now();
    const outcome = await watchTraffic(target(looks), input({ since }), { ...quiet, ...more });
    expect(outcome.verdict).toBe('pass');
  });

  test('gives an unhealthy process a second look', async () => {
    const looks: Look[] = [{ good: 50, state: { state: 'unhealthy' } }, { good: 60 }];
    expect((await watchTraffic(target(looks), input(), quiet)).verdict).toBe('pass');
  });

  test('fails when the candidate has vanished from the gateway', async () => {
    const gone: Target = {
      ...target([]),
      measure: async () => ({ ...measured({}, { good: 0, bad: 0 }), versions: {}, states: {} }),
    };
    expect(await watchTraffic(gone, input(), quiet)).toMatchObject({ verdict: 'fail' });
  });

  test('ends when it is cancelled', async () => {
    const cancel = new AbortController();
    const scope = { signal: cancel.signal, heartbeat: () => cancel.abort(new Error('cancelled')) };
    await expect(watchTraffic(target([{ good: 100 }]), input({ hold: 60_000 }), scope)).rejects.toThrow('cancelled');
  });

  test('ends when it is cancelled while the gateway hangs', async () => {
    const cancel = new AbortController();
    const hanging: Target = { ...target([]), measure: () => new Promise(() => {}) };
    const watching = watchTraffic(hanging, input(), { signal: cancel.signal, heartbeat: () => {} });
    cancel.abort(new Error('cancelled'));
    await expect(watching).rejects.toThrow('cancelled');
  });

  test('heartbeats its phase and verdict', async () => {
    const beats: unknown[] = [];
    await watchTraffic(target([{ good: 100 }]), input(), { ...quiet, heartbeat: (details) => beats.push(details) });
    expect(beats).toContainEqual(expect.objectContaining({ phase: 'canary 5 %', verdict: 'pass' }));
  });
});

describe('too little traffic', () => {
  test('is waited for, and ends inconclusive with what was missing', async () => {
    const watched = input();
    const outcome = await watchTraffic(target([{ good: 3 }]), watched, quiet);
    expect(outcome.verdict).toBe('inconclusive');
    expect(outcome.reason).toContain('3 of the 20 requests that a verdict needs');
    expect(Date.now() - watched.since).toBeGreaterThanOrEqual(400);
  });

  test('that comes late still passes', async () => {
    const looks: Look[] = [...Array.from({ length: 5 }, () => ({ good: 3 })), { good: 40 }];
    expect((await watchTraffic(target(looks), input({ extend: 60_000 }), quiet)).verdict).toBe('pass');
  });

  test('lets the first version of an endpoint pass, with a note', async () => {
    const outcome = await watchTraffic(target([{ good: 0 }]), input({ stable: null }), quiet);
    expect(outcome).toMatchObject({ verdict: 'pass', reason: 'too little traffic to judge it by' });
  });

  test('does not let a first version pass that answers with errors', async () => {
    expect((await watchTraffic(target([{ bad: 5 }]), input({ stable: null }), quiet)).verdict).toBe('fail');
  });
});

describe('the policy', () => {
  const on = (health: RolloutOptions['health'], looks: Look[]) => watchTraffic(target(looks), input({ health }), quiet);

  test.each([
    ['warn', 'pass'],
    ['extend', 'fail'],
  ] as [Reaction, string][])('onFail: %s ends in %s', async (onFail, verdict) => {
    expect((await on({ onFail }, [{ bad: 50, good: 50 }])).verdict).toBe(verdict);
  });

  test('onFail: hold waits for recovery without end', async () => {
    const looks: Look[] = [...Array.from({ length: 12 }, () => ({ bad: 50, good: 50 })), { good: 100 }];
    expect((await on({ onFail: 'hold' }, looks)).verdict).toBe('pass');
  });

  test.each([
    ['warn', 'pass'],
    ['rollback', 'inconclusive'],
    ['extend', 'inconclusive'],
  ] as [Reaction, string][])('onInconclusive: %s ends in %s', async (onInconclusive, verdict) => {
    expect((await on({ onInconclusive }, [{ good: 3 }])).verdict).toBe(verdict);
  });

  test.each([
    ['warn', 'error'],
    ['rollback', 'error'],
    ['extend', 'error'],
  ] as [Reaction, string][])('onError: %s ends in %s when nothing was ever measured', async (onError, verdict) => {
    expect((await on({ onError }, [null])).verdict).toBe(verdict);
  });

  test('onError: warn passes a phase of which something was seen', async () => {
    expect((await on({ onError: 'warn' }, [{ good: 50 }, null])).verdict).toBe('pass');
  });

  test('onError: hold outlasts a gateway that is away for a while', async () => {
    const outcome = await on({ onError: 'hold' }, [
      { good: 50 },
      null,
      null,
      null,
      null,
      null,
      null,
      null,
      { good: 90 },
    ]);
    expect(outcome.verdict).toBe('pass');
  });
});
