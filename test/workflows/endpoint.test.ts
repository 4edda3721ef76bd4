import {
  type Candidate,
  canary,
  type EndpointState,
  type RolloutOutcome,
  type RolloutRequest,
  type SluiceActivities,
  type WatchInput,
} from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import { digestOf, stubActivities } from '../harness/stub-activities.ts';
import { waitFor } from '../harness/wait-for.ts';
import { workflowKit } from '../harness/workflow-kit.ts';

const version = (name: string): Candidate => ({
  digest: digestOf(name),
  uri: `sluice:tree/${name}`,
  bytes: 1,
  id: `v-${name}`,
  registered: null,
});

/** An endpoint workflow over stub traffic: records what is asked of it, answers as told. */
async function endpoint(replace: Partial<SluiceActivities> & { settings?: never } = {}) {
  const outcomes: RolloutOutcome[] = [];
  const traffic: Record<string, number>[] = [];
  const kit = await workflowKit((project, client) =>
    stubActivities(project, client, {
      setTraffic: async ({ weights }) => {
        traffic.push(weights);
        return { at: Date.now() };
      },
      replyToRun: async ({ outcome }) => {
        outcomes.push(outcome);
      },
      ...replace,
    }),
  );
  const name = `shop-${kit.project}`;
  const handle = await kit.client.workflow.start('sluiceEndpoint', {
    taskQueue: kit.queue,
    workflowId: `endpoint/${name}`,
    args: [{ endpoint: name }],
  });
  return {
    traffic,
    outcomes,
    state: () => handle.query<EndpointState>('endpoint'),
    ask: (candidate: Candidate, more: Partial<RolloutRequest> = {}) =>
      handle.executeUpdate<{ accepted: boolean; why: string | null }, [RolloutRequest]>('rollout', {
        args: [
          {
            id: `run/${candidate.id}`,
            endpoint: name,
            candidate,
            spec: canary([5, 50], { hold: 1, bake: 1 }),
            onBusy: 'queue',
            replyTo: 'run',
            by: 'ana',
            ...more,
          },
        ],
      }),
    rollback: (request: object) =>
      handle.executeUpdate<{ accepted: boolean; to: string | null; why: string | null }, [object]>('rollback', {
        args: [request],
      }),
    outcome: (candidate: Candidate) =>
      waitFor(`an outcome of ${candidate.id}`, async () => outcomes.find((one) => one.candidate === candidate.digest)),
    async close() {
      await handle.terminate();
      await kit.close();
    },
  };
}

const a = version('a');
const b = version('b');
const c = version('c');
const bad = (reason: string) => ({ verdict: 'fail', evidence: [], firstBadAt: 42, reason }) as const;
const good = { verdict: 'pass', evidence: [], firstBadAt: null, reason: null } as const;

describe('an endpoint', () => {
  it('gives its first version all traffic at once, and the next one traffic in steps', async () => {
    const shop = await endpoint();
    try {
      await shop.ask(a);
      expect(await shop.outcome(a)).toMatchObject({ state: 'deployed', previous: null });
      await shop.ask(b);
      expect(await shop.outcome(b)).toMatchObject({ state: 'deployed', previous: a.digest });
      expect(shop.traffic).toEqual([
        { 'v-a': 100 },
        { 'v-a': 95, 'v-b': 5 },
        { 'v-a': 50, 'v-b': 50 },
        { 'v-a': 0, 'v-b': 100 },
        { 'v-b': 100 },
      ]);
      expect(await shop.state()).toMatchObject({ stable: b, previous: a, candidate: null, phase: 'stable' });
    } finally {
      await shop.close();
    }
  });

  it('puts all traffic back on the stable version when a step goes bad, and lets the candidate go', async () => {
    const stopped: string[] = [];
    const shop = await endpoint({
      watchTraffic: async ({ candidate, phase }: WatchInput) =>
        candidate === 'v-b' && phase === 'canary 50 %' ? bad('errors 40 %') : good,
      stopVersion: async ({ id }) => {
        stopped.push(id);
      },
    });
    try {
      await shop.ask(a);
      await shop.outcome(a);
      await shop.ask(b);
      expect(await shop.outcome(b)).toMatchObject({
        state: 'rolled-back',
        reason: 'errors 40 %',
        firstBadAt: 42,
        offTrafficAt: expect.any(Number),
      });
      expect(shop.traffic.at(-1)).toEqual({ 'v-a': 100 });
      expect(stopped).toEqual(['v-b']);
      expect((await shop.state()).stable).toEqual(a);
    } finally {
      await shop.close();
    }
  });

  it('never gives traffic to a version that does not get ready', async () => {
    const shop = await endpoint({
      startVersion: async ({ candidate }) => ({ ready: candidate.id !== 'v-b', reason: 'no answer to /ping' }),
    });
    try {
      await shop.ask(a);
      await shop.outcome(a);
      await shop.ask(b);
      expect(await shop.outcome(b)).toMatchObject({
        state: 'rolled-back',
        reason: expect.stringContaining('no answer to /ping'),
      });
      expect(shop.traffic.some((weights) => 'v-b' in weights)).toBe(false);
    } finally {
      await shop.close();
    }
  });

  it('runs one rollout at a time: queues, supersedes or rejects as the run says', async () => {
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const shop = await endpoint({
      watchTraffic: async ({ candidate }: WatchInput) => {
        if (candidate === 'v-b') await held;
        return good;
      },
    });
    try {
      await shop.ask(a);
      await shop.outcome(a);
      await shop.ask(b);
      await waitFor('the canary of b', async () => (await shop.state()).phase === 'canary 5 %');
      expect(await shop.ask(c, { onBusy: 'reject' })).toMatchObject({
        accepted: false,
        why: expect.stringContaining('under way'),
      });
      expect(await shop.ask(c, { onBusy: 'queue' })).toEqual({ accepted: true, why: null });
      expect(await shop.ask(c, { onBusy: 'queue' })).toEqual({ accepted: true, why: null });
      expect((await shop.state()).queued).toEqual(['run/v-c']);
      const d = version('d');
      expect(await shop.ask(d, { onBusy: 'supersede' })).toEqual({ accepted: true, why: null });
      expect(await shop.outcome(c)).toMatchObject({ state: 'superseded' });
      release?.();
      expect(await shop.outcome(b)).toMatchObject({ state: 'superseded' });
      expect(await shop.outcome(d)).toMatchObject({ state: 'deployed', previous: a.digest });
    } finally {
      release?.();
      await shop.close();
    }
  });

  it('goes back to the version before when a person asks, and says when there is none', async () => {
    const shop = await endpoint();
    try {
      await shop.ask(a);
      await shop.outcome(a);
      expect(await shop.rollback({ by: 'ana' })).toMatchObject({
        accepted: false,
        why: expect.stringContaining('no earlier version'),
      });
      await expect(shop.rollback({})).rejects.toThrow();
      await shop.ask(b);
      await shop.outcome(b);
      expect(await shop.rollback({ by: 'ana', reason: 'complaints' })).toMatchObject({ accepted: true, to: 'v-a' });
      await waitFor('a to be stable again', async () => (await shop.state()).stable?.id === 'v-a');
      expect(shop.traffic.at(-1)).toEqual({ 'v-a': 100 });
      expect((await shop.state()).history.at(-1)).toMatchObject({
        state: 'rolled-back',
        reason: 'rolled back by ana: complaints',
      });
    } finally {
      await shop.close();
    }
  });

  it('answers a rollout that was asked for twice by its one outcome', async () => {
    const shop = await endpoint();
    try {
      await shop.ask(a);
      await shop.outcome(a);
      expect(await shop.ask(a)).toEqual({ accepted: true, why: null });
      await shop.ask(b);
      await shop.outcome(b);
      expect((await shop.state()).history.map(({ id }) => id)).toEqual(['run/v-a', 'run/v-b']);
    } finally {
      await shop.close();
    }
  });
});
