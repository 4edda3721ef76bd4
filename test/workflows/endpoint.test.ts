import { randomUUID } from 'node:crypto';
import {
  type Candidate,
  canary,
  type EndpointState,
  type RollbackAnswer,
  type RollbackRequest,
  type RolloutAnswer,
  type RolloutRequest,
} from '@sluice/sdk';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf, stubActivities } from '../harness/stub-activities.ts';
import { bad, StubTarget } from '../harness/stub-target.ts';
import { waitFor } from '../harness/wait-for.ts';
import { workflowKit } from '../harness/workflow-kit.ts';

const version = (name: string): Candidate => ({
  digest: digestOf(name),
  uri: `sluice:tree/${name}`,
  bytes: 1,
  id: `v-${name}`,
  registered: null,
});
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(version) as [Candidate, Candidate, Candidate, Candidate];

/** An endpoint workflow on a real server over a target that keeps what it is asked for. */
async function endpoint() {
  const target = new StubTarget();
  const kit = await workflowKit((project, client) => stubActivities(project, client, target.activities()));
  const name = `shop-${kit.project}`;
  const workflowId = `endpoint/${name}`;
  const start = () =>
    kit.client.workflow.start('sluiceEndpoint', { taskQueue: kit.queue, workflowId, args: [{ endpoint: name }] });
  await start();
  const handle = kit.client.workflow.getHandle(workflowId);
  onTestFinished(async () => {
    await handle.terminate().catch(() => undefined);
    await kit.close();
  });
  const shop = {
    kit,
    target,
    handle,
    start,
    state: () => handle.query<EndpointState>('endpoint'),
    request: (candidate: Candidate, more: Partial<RolloutRequest> = {}): RolloutRequest => ({
      id: `run/${candidate.id}`,
      endpoint: name,
      candidate,
      spec: canary([5, 50], { hold: 1, bake: 1, control: 10, lease: '30 seconds' }),
      onBusy: 'queue',
      replyTo: 'run',
      by: 'ana',
      decidedAt: Date.now(),
      ...more,
    }),
    ask: (candidate: Candidate, more: Partial<RolloutRequest> = {}) =>
      handle.executeUpdate<RolloutAnswer, [RolloutRequest]>('rollout', { args: [shop.request(candidate, more)] }),
    rollback: (from: string, more: Partial<RollbackRequest> = {}) =>
      handle.executeUpdate<RollbackAnswer, [RollbackRequest]>('rollback', {
        args: [{ id: randomUUID(), by: 'ana', from, ...more }],
      }),
    outcome: (candidate: Candidate) =>
      waitFor(`an outcome of ${candidate.id}`, async () =>
        target.outcomes.findLast((one) => one.candidate === candidate.digest),
      ),
    deployed: async (...candidates: Candidate[]) => {
      for (const candidate of candidates) {
        await shop.ask(candidate);
        expect((await shop.outcome(candidate)).state).toBe('deployed');
      }
    },
    stable: (id: string) =>
      waitFor(`${id} to be stable`, async () => {
        const { mode, stable } = await shop.state();
        return mode === 'steady' && stable?.id === id;
      }),
    phase: (phase: string) => waitFor(`phase ${phase}`, async () => (await shop.state()).phase === phase),
  };
  return shop;
}

/** A phase that goes on until the test lets it end. */
function held(phase: string) {
  let release = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { release, on: async (input: { phase: string }) => (input.phase === phase ? await ended : undefined) };
}

const good = async () => ({
  ...bad(''),
  verdict: 'pass' as const,
  firstBadAt: null,
  reason: null,
});

describe('an endpoint', () => {
  it('gives its first version all traffic at once, and the next one traffic in steps with a control share and a lease', async () => {
    const shop = await endpoint();
    const leases: unknown[] = [];
    shop.target.watch = async ({ stable }) => {
      if (stable !== null) leases.push(shop.target.lease);
      return good();
    };
    await shop.deployed(a, b);
    expect((await shop.outcome(b)).previous).toBe(a.digest);
    expect(shop.target.traffic).toEqual([
      { 'v-a': 100 },
      { 'v-a': 100 },
      { 'v-a': 95, 'v-b': 5 },
      { 'v-a': 50, 'v-b': 50 },
      { 'v-a': 10, 'v-b': 90 },
      { 'v-b': 100 },
    ]);
    expect(leases).toEqual(Array(3).fill({ ms: 30_000, fallback: { 'v-a': 100 } }));
    expect(shop.target.lease).toBeNull();
    expect(await shop.state()).toMatchObject({ stable: b, previous: a, candidate: null, phase: 'stable' });
  });

  it('puts all traffic back on the stable version when a step goes bad, and lets the candidate go', async () => {
    const shop = await endpoint();
    shop.target.watch = async ({ candidate, phase }) =>
      candidate === 'v-b' && phase === 'canary 50 %' ? bad('errors 40 %') : good();
    await shop.deployed(a);
    await shop.ask(b);
    expect(await shop.outcome(b)).toMatchObject({
      ...{ state: 'rolled-back', reason: 'errors 40 %', firstBadAt: 42, offTrafficAt: expect.any(Number) },
    });
    expect(shop.target.traffic.at(-1)).toEqual({ 'v-a': 100 });
    await waitFor('v-b to be stopped', async () => shop.target.stopped.includes('v-b'));
    expect(shop.target.stopped).not.toContain('v-a');
    expect((await shop.state()).stable).toEqual(a);
  });

  it('never gives traffic to a version that does not get ready', async () => {
    const shop = await endpoint();
    await shop.deployed(a);
    shop.target.dead.add('v-b');
    await shop.ask(b);
    const { state, reason } = await shop.outcome(b);
    expect([state, reason]).toEqual(['rolled-back', expect.stringContaining('no answer to /ping')]);
    expect(shop.target.traffic.some((weights) => 'v-b' in weights)).toBe(false);
  });

  it('runs one rollout at a time: queues, supersedes or rejects as the run says', async () => {
    const shop = await endpoint();
    const { release, on } = held('canary 5 %');
    shop.target.watch = async (input) => {
      if (input.candidate === 'v-b') await on(input);
      return good();
    };
    await shop.deployed(a);
    await shop.ask(b);
    await shop.phase('canary 5 %');
    expect(await shop.ask(c, { onBusy: 'reject' })).toMatchObject({
      accepted: false,
      why: expect.stringContaining('under way'),
    });
    expect(await shop.ask(c)).toMatchObject({ accepted: true });
    expect(await shop.ask(c)).toMatchObject({ accepted: true });
    expect((await shop.state()).queued).toEqual(['run/v-c']);
    expect(await shop.ask(d, { onBusy: 'supersede' })).toMatchObject({ accepted: true });
    expect(await shop.outcome(c)).toMatchObject({ state: 'superseded' });
    expect(await shop.outcome(b)).toMatchObject({ state: 'superseded' });
    expect(await shop.outcome(d)).toMatchObject({ state: 'deployed', previous: a.digest });
    release();
  });

  it('answers a rollout that was asked for again by its one outcome, also after hundreds of others', async () => {
    const shop = await endpoint();
    const first = shop.request(a);
    await shop.deployed(a, b);
    // Enough that the outcome itself is long gone.
    for (let i = 0; i < 24; i += 1) {
      const name = version(`x${i}`);
      await shop.ask(name, { spec: canary([50], { hold: 0, bake: 0 }) });
      await shop.outcome(name);
    }
    const before = shop.target.traffic.length;
    const again = await shop.handle.executeUpdate<RolloutAnswer, [RolloutRequest]>('rollout', { args: [first] });
    expect(again).toMatchObject({ accepted: true, outcome: { id: first.id, state: 'deployed' } });
    expect((await shop.state()).stable?.id).toBe('v-x23');
    expect(shop.target.traffic).toHaveLength(before);
  });

  it('refuses what is no rollout and no rollback before it is recorded, and goes on', async () => {
    const shop = await endpoint();
    await shop.deployed(a);
    const events = async () => (await shop.handle.fetchHistory()).events?.length;
    const before = await events();
    for (const args of [[], [null], ['x'], [{}], [{ id: 'x' }]]) {
      await expect(shop.handle.executeUpdate('rollout', { args: args as [unknown] })).rejects.toThrow();
      await expect(shop.handle.executeUpdate('rollback', { args: args as [unknown] })).rejects.toThrow();
    }
    const started = Date.now();
    await expect(shop.rollback('')).rejects.toThrow();
    expect(Date.now() - started).toBeLessThan(15_000);
    // Nothing of it is in the history but empty workflow tasks.
    expect(await events()).toBeLessThan((before ?? 0) + 60);
    await shop.deployed(b);
  });
});

describe('a rollback that a person asks for', () => {
  it('goes to the version before, or says that there is none', async () => {
    const shop = await endpoint();
    await shop.deployed(a);
    const none = await shop.rollback('v-a');
    expect(none).toMatchObject({ accepted: false, why: expect.stringContaining('no earlier version') });
    await shop.deployed(b);
    const answer = await shop.rollback('v-b', { id: 'r1', reason: 'complaints' });
    expect(answer).toEqual({ accepted: true, to: 'v-a', why: null, outcomeId: 'r1' });
    await shop.stable('v-a');
    expect(shop.target.traffic.at(-1)).toEqual({ 'v-a': 100 });
    expect((await shop.state()).history.at(-1)).toMatchObject({
      ...{ id: 'r1', state: 'rolled-back', reason: 'rolled back by ana: complaints' },
    });
    await waitFor('the mark', async () => shop.target.marks.includes('v-b rolled-back'));
  });

  it('asked for by two people at once is one rollback, and asked for again later changes nothing', async () => {
    const shop = await endpoint();
    await shop.deployed(a, b);
    const [one, two] = await Promise.all([shop.rollback('v-b', { id: 'r1' }), shop.rollback('v-b', { id: 'r2' })]);
    expect([one.to, two.to]).toEqual(['v-a', 'v-a']);
    expect(one.outcomeId).toBe(two.outcomeId);
    await shop.stable('v-a');
    const before = shop.target.traffic.length;
    expect(await shop.rollback('v-b')).toMatchObject({ accepted: true, to: 'v-a', outcomeId: one.outcomeId });
    // The bad version is no goal any more, so there is none.
    expect(await shop.rollback('v-a')).toMatchObject({ accepted: false });
    expect(await shop.rollback('v-a', { to: 'v-b' })).toMatchObject({ accepted: false });
    expect(shop.target.traffic).toHaveLength(before);
    expect(await shop.state()).toMatchObject({ stable: a, formers: [], mode: 'steady' });
  });

  it('can name any former stable version', async () => {
    const shop = await endpoint();
    await shop.deployed(a, b, c);
    expect((await shop.state()).formers.map(({ id }) => id)).toEqual(['v-b', 'v-a']);
    expect(await shop.rollback('v-c', { to: 'v-d' })).toMatchObject({
      ...{ accepted: false, why: expect.stringContaining('there is v-b, v-a') },
    });
    expect(await shop.rollback('v-c', { to: 'v-a' })).toMatchObject({ accepted: true, to: 'v-a' });
    await shop.stable('v-a');
    expect((await shop.state()).formers.map(({ id }) => id)).toEqual(['v-b']);
  });

  it('in the middle of a rollout takes the candidate off', async () => {
    const shop = await endpoint();
    const { release, on } = held('bake');
    shop.target.watch = async (input) => {
      if (input.candidate === 'v-b') await on(input);
      return good();
    };
    await shop.deployed(a);
    await shop.ask(b);
    await shop.phase('bake');
    expect(await shop.rollback('v-b')).toMatchObject({ accepted: true, to: 'v-a', outcomeId: 'run/v-b' });
    expect(await shop.outcome(b)).toMatchObject({ state: 'rolled-back', reason: 'rolled back by ana' });
    expect(shop.target.weights).toEqual({ 'v-a': 100 });
    release();
  });

  it('is believed when it was seen: over a dead old version the present one serves until that is back, and says so', async () => {
    const shop = await endpoint();
    await shop.deployed(a, b);
    shop.target.dead.add('v-a');
    await shop.rollback('v-b', { id: 'r1' });
    const alarmed = await waitFor('an alarm', async () => {
      const state = await shop.state();
      return state.alarm === null ? undefined : state;
    });
    expect(alarmed).toMatchObject({ mode: 'rolling-back', stable: b, weights: { 'v-b': 100 } });
    expect(alarmed.alarm).toContain('v-b keeps the traffic');
    expect(alarmed.history.some(({ id }) => id === 'r1')).toBe(false);
    expect(shop.target.marks).not.toContain('v-b rolled-back');
    await waitFor('somebody to be told', async () => shop.target.alarms.some((text) => text.includes('v-a')));
    shop.target.dead.delete('v-a');
    await shop.stable('v-a');
    expect(await shop.state()).toMatchObject({ alarm: null, weights: { 'v-a': 100 } });
    expect((await shop.state()).history.at(-1)).toMatchObject({ id: 'r1', state: 'rolled-back' });
  });
});

describe('with a stable version that is dead', () => {
  it('a fix takes the way of a first version', async () => {
    const shop = await endpoint();
    await shop.deployed(a);
    shop.target.dead.add('v-a');
    await shop.ask(b);
    expect((await shop.outcome(b)).state).toBe('deployed');
    expect(shop.target.traffic.slice(-2)).toEqual([{ 'v-b': 100 }, { 'v-b': 100 }]);
    await shop.stable('v-b');
  });

  it('a fix ships while a rollback cannot get anywhere, and ends it', async () => {
    const shop = await endpoint();
    await shop.deployed(a, b);
    shop.target.dead.add('v-a');
    await shop.rollback('v-b', { id: 'r1' });
    await waitFor('the rollback to stand', async () => (await shop.state()).alarm !== null);
    await shop.ask(c);
    expect((await shop.outcome(c)).state).toBe('deployed');
    await shop.stable('v-c');
    const { history, formers } = await shop.state();
    expect(history.map(({ id, state }) => [id, state])).toContainEqual(['r1', 'rolled-back']);
    expect(formers.map(({ id }) => id)).toEqual(['v-a']);
    expect(shop.target.weights).toEqual({ 'v-c': 100 });
  });
});

describe('whatever becomes of its workflow', () => {
  it('cancelled in the middle of a canary it rolls back, tells the run, and goes on', async () => {
    const shop = await endpoint();
    const { release, on } = held('canary 50 %');
    shop.target.watch = async (input) => {
      if (input.candidate === 'v-b') await on(input);
      return good();
    };
    await shop.deployed(a);
    await shop.ask(b);
    await shop.phase('canary 50 %');
    await shop.handle.cancel();
    expect(await shop.outcome(b)).toMatchObject({ state: 'rolled-back', reason: expect.stringContaining('cancelled') });
    expect(shop.target.weights).toEqual({ 'v-a': 100 });
    release();
    await shop.deployed(c);
    expect((await shop.handle.describe()).status.name).toBe('RUNNING');
  });

  it('terminated in the middle of a canary it takes stock: back to the stable version, nothing forgotten', async () => {
    const shop = await endpoint();
    const { release, on } = held('canary 50 %');
    shop.target.watch = async (input) => {
      if (input.candidate === 'v-c') await on(input);
      return good();
    };
    await shop.deployed(a, b);
    await shop.rollback('v-b', { id: 'r1' });
    await shop.stable('v-a');
    const asked = shop.request(c);
    await shop.ask(c, asked);
    await shop.phase('canary 50 %');
    expect(shop.target.weights).toEqual({ 'v-a': 50, 'v-c': 50 });
    await shop.handle.terminate();
    release();
    await shop.start();
    await shop.stable('v-a');
    expect(shop.target.weights).toEqual({ 'v-a': 100 });
    expect(await shop.outcome(c)).toMatchObject({ id: asked.id, state: 'rolled-back' });
    // The same rollouts asked again have their ends; the version that was left is none to go to.
    expect(await shop.ask(c, asked)).toMatchObject({ outcome: { state: 'rolled-back' } });
    expect(await shop.ask(b)).toMatchObject({ outcome: { state: 'deployed' } });
    expect(await shop.rollback('v-b')).toMatchObject({ accepted: true, to: 'v-a', outcomeId: 'r1' });
    expect(await shop.rollback('v-a')).toMatchObject({ accepted: false });
    expect(shop.target.weights).toEqual({ 'v-a': 100 });
  });

  it('without ledger and memory it takes what serves for its stable version, never for an empty endpoint', async () => {
    const shop = await endpoint();
    await shop.deployed(a);
    await shop.handle.terminate();
    shop.target.ledger = null;
    await shop.start();
    await shop.stable('v-a');
    await shop.deployed(b);
    expect(shop.target.traffic.at(-4)).toEqual({ 'v-a': 95, 'v-b': 5 });
  });

  it('a split that nobody can explain is left as it is, and a person decides', async () => {
    const shop = await endpoint();
    await shop.deployed(a);
    await shop.handle.terminate();
    shop.target.ledger = null;
    shop.target.versions.set('v-b', b);
    shop.target.weights = { 'v-a': 60, 'v-b': 40 };
    await shop.start();
    const state = await waitFor('it to be unowned', async () => {
      const now = await shop.state();
      return now.mode === 'unowned' ? now : undefined;
    });
    expect(state.alarm).toContain('v-a and v-b');
    expect(await shop.ask(c)).toMatchObject({ accepted: false });
    expect(shop.target.weights).toEqual({ 'v-a': 60, 'v-b': 40 });
    expect(await shop.rollback('v-b', { to: 'v-a' })).toMatchObject({ accepted: true, to: 'v-a' });
    await shop.stable('v-a');
    expect(shop.target.weights).toEqual({ 'v-a': 100 });
  });

  it('traffic that somebody else moved ends the rollout', async () => {
    const shop = await endpoint();
    shop.target.watch = async ({ candidate, phase }) =>
      candidate === 'v-b' && phase === 'canary 50 %'
        ? { ...bad('v-a 100 % serves'), verdict: 'error', moved: true }
        : good();
    await shop.deployed(a);
    await shop.ask(b);
    expect(await shop.outcome(b)).toMatchObject({ state: 'rolled-back', reason: expect.stringContaining('v-a 100 %') });
  });

  it('a watcher that fails for good rolls back', async () => {
    const shop = await endpoint();
    const { ApplicationFailure } = await import('@temporalio/common');
    shop.target.watch = async ({ candidate }) => {
      if (candidate === 'v-b') throw ApplicationFailure.nonRetryable('no such thing');
      return good();
    };
    await shop.deployed(a);
    await shop.ask(b);
    expect(await shop.outcome(b)).toMatchObject({ state: 'rolled-back', reason: expect.stringContaining('no such') });
    expect(shop.target.weights).toEqual({ 'v-a': 100 });
  });
});

describe('what its evidence was measured against', () => {
  it('has moved while it waited: a candidate is not moved, and its run is told', async () => {
    const shop = await endpoint();
    const { release, on } = held('canary 5 %');
    shop.target.watch = async (input) => {
      if (input.candidate === 'v-b') await on(input);
      return good();
    };
    await shop.deployed(a);
    await shop.ask(b, { against: a.digest });
    await shop.phase('canary 5 %');
    await shop.ask(c, { against: a.digest });
    release();
    expect((await shop.outcome(b)).state).toBe('deployed');
    expect(await shop.outcome(c)).toMatchObject({ state: 'stale', reason: expect.stringContaining('decided against') });
    expect(shop.target.traffic.some((weights) => 'v-c' in weights)).toBe(false);
  });
});

describe('a run that is cancelled', () => {
  it('tells the endpoint while its rollout is under way', async () => {
    const withdrawn: string[] = [];
    const asked: string[] = [];
    const kit = await workflowKit((project, client) =>
      stubActivities(project, client, {
        requestRollout: async ({ request }) => {
          asked.push(request.id);
          return { accepted: true, why: null, outcome: null };
        },
        rolloutOutcome: async () => 'under-way',
        withdrawRollout: async ({ id }) => {
          withdrawn.push(id);
        },
      }),
    );
    onTestFinished(() => kit.close());
    const run = await kit.start('gated', { approval: 'none' });
    await waitFor('the rollout to be asked for', async () => asked.length > 0);
    await run.cancel();
    await expect(run.result()).rejects.toThrow();
    expect(withdrawn).toEqual(asked);
    expect((await run.describe()).status.name).toBe('CANCELLED');
  });

  it('takes its rollout back: one that waits is dropped, one under way goes back', async () => {
    const shop = await endpoint();
    const { release, on } = held('canary 50 %');
    shop.target.watch = async (input) => {
      if (input.candidate === 'v-b') await on(input);
      return good();
    };
    await shop.deployed(a);
    await shop.ask(b);
    await shop.phase('canary 50 %');
    await shop.ask(c);
    await shop.handle.signal('withdraw', { id: 'run/v-c' });
    await shop.handle.signal('withdraw', { id: 'run/v-b' });
    expect((await shop.outcome(b)).state).toBe('withdrawn');
    expect((await shop.outcome(c)).state).toBe('withdrawn');
    release();
    expect(shop.target.weights).toEqual({ 'v-a': 100 });
    expect(shop.target.traffic.some((weights) => 'v-c' in weights)).toBe(false);
  });
});
