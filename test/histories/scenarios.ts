import {
  type Candidate,
  canary,
  column,
  type RolloutOutcome,
  type RolloutRequest,
  type RunStatus,
  type Settings,
  type SluiceActivities,
  taskQueue,
} from '@sluice/sdk';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { childrenOf } from '../harness/children.ts';
import { deployed, digestOf, modelOf, progress, stubActivities } from '../harness/stub-activities.ts';
import { untilState, untilStatus, waitFor } from '../harness/wait-for.ts';
import type { Starter } from '../harness/workflow-kit.ts';

/** What a scenario's activities do other than the stubs. */
type Replaced = Partial<SluiceActivities> & { readonly settings?: never };

/** One workflow whose history is kept. */
export interface Scenario {
  /** File name, without `.history.json`. */
  readonly name: string;
  readonly activities?: Replaced;
  readonly settings?: Partial<Settings>;
  /** Runs the workflow to where its history is worth keeping. */
  readonly play: (kit: Starter, id: string, replies: readonly RolloutOutcome[]) => Promise<Played | undefined>;
}

interface Played {
  /** Workflow id of a further history to keep, by the end of its file name: the child of a fan-out. */
  readonly more?: Readonly<Record<string, string>>;
  /** Workflow that never ends by itself. */
  readonly terminate?: string;
}

const candidate = digestOf('model');
const failure = (type: string) => ApplicationFailure.create({ type, message: `ended ${type}`, nonRetryable: true });

/** Waits for the question of a gated run and answers it. */
const decided = (params: object, kind: 'approve' | 'override' | 'reject', request: object): Scenario['play'] => {
  return async (kit, id) => {
    const run = await kit.start('gated', params, { id });
    await untilState(run, 'awaiting-approval', 'blocked');
    await run.signal(kind, request);
    await run.result();
    return undefined;
  };
};

const runs = (pipeline: string, params: object): Scenario['play'] => {
  return async (kit, id) => {
    const run = await kit.start(pipeline, params, { id });
    await run.result().catch(() => {});
    return undefined;
  };
};

/** A run that ends by an error of this type. */
const fails = (pipeline: string, params: object, type: string, message: RegExp): Scenario['play'] => {
  return async (kit, id) => {
    const run = await kit.start(pipeline, params, { id });
    const error: unknown = await run.result().catch((failed: { cause?: unknown }) => failed.cause);
    const { type: found, message: said } = (error ?? {}) as Partial<ApplicationFailure>;
    if (found !== type || !message.test(said ?? '')) throw new Error(`${pipeline} ended ${found}: ${said}`);
    return undefined;
  };
};

/** A trainer that ends each attempt as told. */
const trainer = (ends: readonly (string | null)[]): Replaced => ({
  train: async (input) => {
    const end = ends[input.attempt - 1] ?? null;
    const seen = { ...progress(input), step: 100 * input.attempt + 14, checkpoint: 100 * input.attempt };
    if (end === null) return { result: modelOf(input.ref.step), progress: seen };
    const details = [{ progress: seen, exitCode: 1, signal: null, tail: ['last words'] }];
    throw ApplicationFailure.create({ type: end, message: `ended ${end}`, nonRetryable: true, details });
  },
});

const keys = (count: number) => Array.from({ length: count }, (_, i) => `k${i}`);
const failsFor = (...bad: string[]): Replaced => ({
  step: async (input) => {
    const key = input.ref.keys.key ?? '';
    if (bad.includes(key)) throw failure('TrainerFailed');
    const result = { step: input.ref.step, keys: input.ref.keys, files: null, value: input.ref.step };
    return { result, progress: progress(input) };
  },
});

const classes = (queue: string) => {
  const one = { taskQueue: queue, gpus: 0, interruptible: true, fallback: null, price: null };
  return { cpu: one, 'gpu-spot': one, gpu: one };
};
/** A run of an example, approved; its activities are stubs all the same. */
const example = (pipeline: string, params: object): Scenario => ({
  name: `${pipeline}-approved`,
  settings: { endpoints: [pipeline], classes: classes(taskQueue(`${pipeline}-approved`)), mlflow: true },
  activities: { openRun: async () => 'mlflow-run' },
  play: async (kit, id) => {
    const run = await kit.start(pipeline, params, { id, memo: { by: 'ben', commit: 'c0ffee' } });
    await untilState(run, 'awaiting-approval');
    await run.executeUpdate('decide', { args: [{ decision: 'approve', by: 'ana' }] });
    await run.result();
    return undefined;
  },
});

const version = (name: string): Candidate => ({
  digest: digestOf(name),
  uri: `sluice:tree/${name}`,
  bytes: 1,
  id: `v-${name}`,
  registered: null,
});

export const scenarios: readonly Scenario[] = [
  { name: 'gated-approved', play: decided({}, 'approve', { by: 'ana', candidate }) },
  { name: 'gated-overridden', play: decided({ verdict: 'fail' }, 'override', { by: 'ana', reason: 'known gap' }) },
  { name: 'gated-rejected', play: decided({ verdict: 'inconclusive' }, 'reject', { by: 'ana' }) },
  { name: 'gated-expired', play: runs('gated', { within: '1 second', recheck: '400ms' }) },
  { name: 'gated-by-policy', play: runs('gated', { approval: 'none' }) },
  {
    name: 'gated-early-signal-then-update',
    play: async (kit, id) => {
      const run = await kit.client.workflow.signalWithStart('gated', {
        taskQueue: kit.queue,
        workflowId: id,
        args: [{}],
        signal: 'approve',
        signalArgs: [{ by: 'ana', candidate }],
      });
      await untilState(run, 'awaiting-approval');
      await run.executeUpdate('decide', { args: [{ decision: 'approve', by: 'ben', candidate }] });
      await run.result();
      return undefined;
    },
  },
  {
    name: 'gated-went-bad',
    activities: {
      checkCandidate: (() => {
        const verdicts = ['pass', 'pass', 'fail'] as const;
        let look = 0;
        return async () => ({ name: 'candidate health', verdict: verdicts[look++] ?? 'pass', evidence: [] });
      })(),
    },
    play: async (kit, id) => {
      const run = await kit.start('gated', { within: '1 minute', recheck: '1 second' }, { id });
      await untilState(run, 'blocked');
      await untilState(run, 'awaiting-approval');
      await run.signal('approve', { by: 'ana' });
      await run.result();
      return undefined;
    },
  },
  {
    name: 'gated-by-token',
    settings: { approvers: { names: ['ana'], selfApproval: true, oidc: true } },
    activities: { identify: async () => ({ by: 'ana' }) },
    play: decided({}, 'approve', { token: 'sealed.v1.not-in-clear', candidate }),
  },
  {
    name: 'gated-reported',
    settings: { mlflow: true, reports: true },
    activities: { openRun: async () => 'mlflow-run' },
    play: decided({ verdict: 'fail' }, 'override', { by: 'ana', reason: 'known' }),
  },
  {
    name: 'gated-asked-anew',
    activities: {
      requestRollout: async () => ({ accepted: true, why: null, outcome: null }),
      rolloutOutcome: async () => 'under-way',
    },
    play: async (kit, id) => {
      const run = await kit.start('gated', { verdict: 'fail' }, { id });
      await untilState(run, 'blocked');
      const names = { by: 'ana', reason: 'known', run: id, step: 'shop', endpoint: 'shop', candidate };
      await run.signal('override', names);
      const { decisions } = await untilStatus(run, 'a decision', (seen) => seen.decisions.length === 1);
      const rollout = `${id}/shop@v-${candidate.slice(7, 19)}#${decisions[0]?.at}`;
      await run.signal('rolloutFinished', { ...deployed(rollout), state: 'stale' });
      await untilStatus(run, 'a second question', ({ gates }) => gates[0]?.round === 2);
      await run.signal('override', names);
      await run.signal('reject', { ...names, round: '2' });
      await run.result();
      return undefined;
    },
  },
  {
    name: 'two-gates',
    play: async (kit, id) => {
      const run = await kit.start('two-gates', {}, { id });
      const { gates } = await untilStatus(run, 'two gates', (status: RunStatus) => status.gates.length === 2);
      for (const gate of gates) await run.signal('approve', { by: 'ana', candidate: gate.candidate });
      await run.result();
      return undefined;
    },
  },
  {
    name: 'gated-cancelled',
    play: async (kit, id) => {
      const run = await kit.start('gated', {}, { id });
      await untilState(run, 'awaiting-approval');
      await run.cancel();
      await run.result().catch(() => {});
      return undefined;
    },
  },
  {
    name: 'jobs-preempted',
    activities: trainer(['Preempted', 'Preempted', null]),
    play: runs('jobs', { onDemandAfter: 2 }),
  },
  { name: 'jobs-retried', activities: trainer(['TrainerFailed', null]), play: runs('jobs', {}) },
  { name: 'jobs-failed', activities: trainer(['OutOfMemory']), play: runs('jobs', {}) },
  {
    name: 'fan-out-inline',
    activities: failsFor('k2'),
    play: runs('fan-out', { keys: keys(5), tolerate: 1, concurrency: 2 }),
  },
  {
    name: 'fan-out-children',
    activities: failsFor('k502'),
    play: async (kit, id) => {
      const run = await kit.start('fan-out', { keys: keys(504), tolerate: 1 }, { id });
      await run.result();
      return { more: { 'last-child': (await childrenOf(kit.client, id)).at(-1) ?? '' } };
    },
  },
  {
    name: 'recovered-children',
    activities: { evaluate: () => Promise.reject(failure('NotFound')) },
    play: async (kit, id) => {
      const run = await kit.start('recovered', { keys: keys(502) }, { id });
      await run.result();
      return { more: { 'last-child': (await childrenOf(kit.client, id)).at(-1) ?? '' } };
    },
  },
  {
    name: 'changed-children',
    play: async (kit, id) => {
      const run = await kit.start('changed', { keys: keys(502) }, { id });
      await run.result();
      return { more: { 'last-child': (await childrenOf(kit.client, id)).at(-1) ?? '' } };
    },
  },
  { name: 'nested', play: runs('nested', { shops: ['a', 'b'], years: [2012, 2013, 2014] }) },
  {
    name: 'long-keys',
    play: async (kit, id) => {
      const run = await kit.start('fan-out', { keys: ['x'.repeat(1_000), 'ж'.repeat(500), '🚀/=% \n'] }, { id });
      const result = (await run.result()) as { ok: number };
      if (result.ok !== 3) throw new Error(`${result.ok} of 3 keys went well`);
      return undefined;
    },
  },
  { name: 'duplicate-step', play: fails('twins', {}, 'DuplicateStep', /extract rows and extract rows/) },
  { name: 'wrong-parameters', play: fails('fan-out', { keys: 7 }, 'InvalidParams', /keys: /) },
  { name: 'plain-error', play: fails('throws-plain-error', {}, 'RangeError', /made a mistake/) },
  { name: 'called-like-a-function', play: fails('caller', {}, 'InvalidStep', /called like a function/) },
  {
    name: 'deploys-in-children',
    play: fails('deploys-in-children', { keys: keys(501) }, 'MapFailed', /501 of 501 .* more than 500 keys/),
  },
  example('flight-delays', { until: '2013-09-30' }),
  example('digits', {}),
  {
    name: 'endpoint',
    activities: {
      watchTraffic: async ({ candidate: id, phase }) =>
        id === 'v-b' && phase === 'canary 50 %'
          ? { verdict: 'fail', evidence: [], firstBadAt: 42, reason: 'errors 40 %', memory: null, moved: false }
          : { verdict: 'pass', evidence: [], firstBadAt: null, reason: null, memory: null, moved: false },
    },
    play: async (kit, _id, replies) => {
      const workflowId = 'endpoint/shop';
      const shop = await kit.client.workflow.start('sluiceEndpoint', {
        taskQueue: kit.queue,
        workflowId,
        args: [{ endpoint: 'shop' }],
      });
      for (const name of ['a', 'b', 'c']) {
        const request: RolloutRequest = {
          id: `run/${name}`,
          endpoint: 'shop',
          candidate: version(name),
          spec: canary([50], { hold: 1, bake: 1 }),
          onBusy: 'queue',
          replyTo: 'run',
          by: 'ana',
          decidedAt: Date.now(),
        };
        await shop.executeUpdate('rollout', { args: [request] });
        await waitFor(`the outcome of ${name}`, async () => replies.some((one) => one.candidate === digestOf(name)));
      }
      await shop.executeUpdate('rollback', {
        args: [{ id: 'back/1', by: 'ana', reason: 'complaints', from: 'v-c' }],
      });
      await waitFor('the version of before', async () => {
        const { stable } = await shop.query<{ stable: Candidate | null }>('endpoint');
        return stable?.id === 'v-a';
      });
      await untilIdle(shop);
      return { more: { rollouts: workflowId }, terminate: workflowId };
    },
  },
  {
    name: 'endpoint-shadow',
    activities: {
      checkShadow: (() => {
        const verdicts = ['inconclusive', 'pass', 'fail'] as const;
        let look = 0;
        return async () => {
          const verdict = verdicts[look++] ?? 'pass';
          return { verdict, evidence: [], reason: verdict === 'pass' ? null : verdict, rows: 40, report: null };
        };
      })(),
    },
    play: async (kit, _id, replies) => {
      const workflowId = 'endpoint/staging';
      const staging = await kit.client.workflow.start('sluiceEndpoint', {
        taskQueue: kit.queue,
        workflowId,
        args: [{ endpoint: 'staging' }],
      });
      const shadow = { percent: 20, checks: [column('prediction').between(0, 500)] };
      for (const name of ['a', 'b', 'c']) {
        const request: RolloutRequest = {
          id: `run/${name}`,
          endpoint: 'staging',
          candidate: version(name),
          spec: canary([50], { hold: 1, extend: 60_000, bake: 1, shadow }),
          onBusy: 'queue',
          replyTo: 'run',
          by: 'ana',
          decidedAt: Date.now(),
        };
        await staging.executeUpdate('rollout', { args: [request] });
        await waitFor(`the outcome of ${name}`, async () => replies.some((one) => one.candidate === digestOf(name)));
      }
      if (replies.at(-1)?.state !== 'rolled-back') throw new Error(`c ended ${replies.at(-1)?.state}`);
      await untilIdle(staging);
      return { more: { rollouts: workflowId }, terminate: workflowId };
    },
  },
];

/** Until the last task of the workflow is in its history. */
function untilIdle(handle: Pick<WorkflowHandle, 'describe'>): Promise<boolean> {
  return waitFor('a workflow with nothing to do', async () => {
    const { raw } = await handle.describe();
    return !raw.pendingWorkflowTask && (raw.pendingActivities ?? []).length === 0;
  });
}

/** Activities of a scenario: what it says, and the stubs. */
export function activitiesOf(scenario: Scenario, replies: RolloutOutcome[]) {
  return (...args: [project: string, client: Parameters<typeof stubActivities>[1]]) =>
    stubActivities(
      ...args,
      {
        replyToRun: async ({ outcome }) => {
          replies.push(outcome);
        },
        ...scenario.activities,
      },
      scenario.settings,
    );
}
