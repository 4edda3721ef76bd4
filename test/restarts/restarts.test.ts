import type { DeployResult, RunStatus } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProjectStack, projectStack, type RunHandle } from '../harness/project.ts';
import { untilState, untilStatus, waitFor } from '../harness/wait-for.ts';
import { type Shop, shop, untilAnswered } from '../rollback/shop.ts';
import { type Call, failuresOf, type Traffic, told } from '../rollback/traffic.ts';
import { artifactsIn, type Traces, tracesOf } from './traces.ts';

let project: ProjectStack;
/** Takes canaries while parts are killed, under steady traffic. */
let busy: Shop;
/** Has a candidate that waits while parts are killed. */
let patient: Shop;
let traffics: readonly [Traffic, Traffic];
let round = 0;

/** What an undisturbed run leaves behind. */
const undisturbed: Traces = {
  mlflowRuns: expect.arrayContaining(['model']),
  modelVersions: 1,
  repeatedMetrics: 0,
  rollouts: ['deployed'],
  attempts: ['done'],
  decisions: 1,
};
let artifacts: { blobs: number; trees: number };

beforeAll(async () => {
  project = await projectStack();
  busy = shop(project, 'shop');
  patient = shop(project, 'shop-1');
  await Promise.all(
    [busy, patient].map(async (one) => {
      const result = (await (await one.release({ version: 'old' }, { hold: 0 })).result()) as DeployResult;
      expect(result.state).toBe('deployed');
    }),
  );
  traffics = [busy.traffic(50), patient.traffic(10)];
  await untilAnswered(traffics[1], 10);
});
afterAll(async () => {
  await Promise.all((traffics ?? []).map((traffic) => traffic.stop()));
  await project?.close();
});

/** Four runs, each in the middle of something else. */
interface Runs {
  readonly training: RunHandle;
  readonly evaluating: RunHandle;
  readonly waiting: RunHandle;
  readonly leaving: RunHandle;
}

/** Starts runs and returns when one trains, one is evaluated, one waits for approval and one is in its canary. */
async function underWay(): Promise<Runs> {
  round += 1;
  const version = (what: string) => `${what} ${round}`;
  const life = (endpoint: string, what: string, trainer: object, more: object = {}) =>
    project.start(
      'life',
      {
        endpoint,
        on: 'cpu',
        silence: '5 seconds',
        heartbeat: '15 seconds',
        last: '10 seconds',
        // Of its own in every round, or it would be an artifact that is there already.
        sql: `select i, i * 2 as label, 'any' as parity from range(${100 + round}) t(i)`,
        trainer: { steps: 1, pace: 0, version: version(what), ...trainer },
        ...more,
      },
      `${what}-${round}`,
    );
  const [waiting, leaving] = await Promise.all([life(patient.name, 'waiting', {}), life(busy.name, 'leaving', {})]);
  await Promise.all([untilState(waiting, 'awaiting-approval'), untilState(leaving, 'awaiting-approval')]);
  const [training, evaluating] = await Promise.all([
    life('shop-2', 'training', { steps: 300, pace: 40, every: 20, bytes: 1000 + round }, { on: 'spot' }),
    life(
      'shop-3',
      'evaluating',
      { serving: 'slow' },
      { sql: `select i, i * 2 as label, 'any' as parity from range(${4000 + round}) t(i)` },
    ),
  ]);
  await Promise.all([
    untilStatus(training, 'the training', (status) => stateOf(status, 'model') === 'running'),
    untilStatus(evaluating, 'the evaluation', (status) => stateOf(status, 'quality') === 'running'),
  ]);
  await waitFor('a checkpoint', async () => (await training.logs('model'))[0]?.includes('did step 25'));
  await leaving.signal('approve', { by: 'ana' });
  await busy.untilPhase('canary 20 %');
  return { training, evaluating, waiting, leaving };
}

function stateOf(status: RunStatus, step: string): string | undefined {
  return status.steps.find((one) => one.step === step)?.state;
}

/** Lets all runs come to their end. */
async function complete({ training, evaluating, waiting, leaving }: Runs): Promise<void> {
  await waiting.signal('approve', { by: 'ana' });
  const [left, waited] = (await Promise.all([leaving.result(), waiting.result()])) as DeployResult[];
  expect(left).toMatchObject({ state: 'deployed', reason: null });
  expect(waited).toMatchObject({ state: 'deployed', reason: null });
  await Promise.all(
    [training, evaluating].map(async (run) => {
      await untilState(run, 'awaiting-approval', 'blocked');
      await run.signal('reject', { by: 'ana', reason: 'seen enough' });
      expect(await run.result()).toMatchObject({ state: 'rejected' });
    }),
  );
}

async function traces(run: RunHandle, endpoint: string): Promise<Traces> {
  return tracesOf({ client: project.client, mlflowUrl: project.stack.mlflow?.url ?? '' }, run.workflowId, endpoint);
}

async function nothingTwice({ training, evaluating, waiting, leaving }: Runs, trained: object = {}): Promise<void> {
  const rejected = { ...undisturbed, rollouts: [] };
  const [t, e, w, l] = await Promise.all([
    traces(training, 'shop-2'),
    traces(evaluating, 'shop-3'),
    traces(waiting, patient.name),
    traces(leaving, busy.name),
  ]);
  for (const one of [t, e, w, l]) expect(one.mlflowRuns).toHaveLength(new Set(one.mlflowRuns).size);
  expect(l).toEqual(undisturbed);
  expect(w).toEqual(undisturbed);
  expect(e).toEqual(rejected);
  expect(t).toEqual({ ...rejected, ...trained });
}

/** Failed calls of all callers that ended after `since`. */
function failedSince(since: number): Call[] {
  return traffics.flatMap((traffic) => failuresOf(traffic).filter((call) => call.endedAt >= since));
}

function callsSince(since: number): number {
  return traffics.flatMap((traffic) => traffic.calls.filter((call) => call.sentAt >= since)).length;
}

/** Kills parts, waits for their successors, and says how long that took. */
async function restart(...parts: string[]): Promise<{ readonly at: number; readonly seconds: number }> {
  const at = Date.now();
  await Promise.all(parts.map((part) => project.stack.restart(part)));
  return { at, seconds: (Date.now() - at) / 1000 };
}

describe('runs go on, and nothing is there twice, when in the middle of everything', () => {
  it('nothing happens at all', async () => {
    const since = Date.now();
    const before = await artifactsIn(project.root);
    const runs = await underWay();
    await complete(runs);
    const after = await artifactsIn(project.root);
    artifacts = { blobs: after.blobs - before.blobs, trees: after.trees - before.trees };
    await nothingTwice(runs);
    console.log(`restarts: undisturbed: ${JSON.stringify(artifacts)} artifacts, ${(Date.now() - since) / 1000} s`);
    expect(failedSince(since)).toEqual([]);
  });

  it('the Temporal server is killed', async () => {
    const before = await artifactsIn(project.root);
    const runs = await underWay();
    const { at, seconds } = await restart('temporal');
    await waitFor('an answer of a workflow', () => runs.waiting.status());
    const answered = (Date.now() - at) / 1000;
    await complete(runs);
    await nothingTwice(runs);
    console.log(
      `restarts: Temporal: takes work again after ${seconds} s, workflows answer after ${answered} s; ` +
        `failed calls: ${told(failedSince(at))} of ${callsSince(at)}`,
    );
    expect(failedSince(at)).toEqual([]);
    await sameArtifacts(before);
  });

  it('the MLflow server and the proxy of the gateway are killed', async () => {
    const before = await artifactsIn(project.root);
    const runs = await underWay();
    const health = `${project.stack.gateway.adminUrl}/healthz`;
    const { worker } = (await (await fetch(health)).json()) as { worker: { pid: number } };
    const underWayThen = traffics.flatMap((traffic) => traffic.calls.filter((call) => call.endedAt === 0));
    const killedAt = Date.now();
    process.kill(worker.pid, 'SIGKILL');
    const { seconds } = await restart('mlflow');
    await complete(runs);
    await nothingTwice(runs);
    const failed = failedSince(killedAt);
    console.log(
      `restarts: MLflow: answers again after ${seconds} s; proxy: failed calls: ${told(failed)} of ` +
        `${callsSince(killedAt)}, ${underWayThen.length} under way at the kill`,
    );
    // A request may have been sent between the look and the kill, in the same millisecond.
    expect(failed.filter((call) => call.sentAt > killedAt)).toEqual([]);
    expect(failed.length).toBeLessThanOrEqual(underWayThen.length + 1);
    await sameArtifacts(before);
  });

  it('the worker that runs the workflows is killed', async () => {
    const before = await artifactsIn(project.root);
    const runs = await underWay();
    const { at, seconds } = await restart('worker control');
    await waitFor('an answer of a workflow', () => runs.waiting.status());
    const answered = (Date.now() - at) / 1000;
    await complete(runs);
    await nothingTwice(runs);
    console.log(
      `restarts: control worker: back after ${seconds} s, workflows answer after ${answered} s; ` +
        `failed calls: ${told(failedSince(at))} of ${callsSince(at)}`,
    );
    expect(failedSince(at)).toEqual([]);
    await sameArtifacts(before);
  });

  it('the workers of all resource classes are killed', async () => {
    const before = await artifactsIn(project.root);
    const runs = await underWay();
    const { at, seconds } = await restart('worker cpu', 'worker spot', 'worker on-demand');
    await complete(runs);
    await nothingTwice(runs, { attempts: ['worker-lost', 'done'], repeatedMetrics: expect.any(Number) });
    const model = (await runs.training.status()).steps.find(({ step }) => step === 'model');
    const [lost, done] = model?.attempts ?? [];
    console.log(
      `restarts: workers: back after ${seconds} s; training resumed at step ${done?.resumedFrom}, ` +
        `lost ${lost?.stepsLost} steps; failed calls: ${told(failedSince(at))} of ${callsSince(at)}`,
    );
    expect(done?.resumedFrom).toBeGreaterThanOrEqual(20);
    expect(done?.resumedFrom).toBe(lost?.checkpoint);
    expect(failedSince(at)).toEqual([]);
    await sameArtifacts(before);
  });

  it('the host of the gateway is killed, with every model server', async () => {
    const before = await artifactsIn(project.root);
    const runs = await underWay();
    const { at, seconds } = await restart('gateway');
    await complete(runs);
    await nothingTwice(runs);
    const failed = failedSince(at);
    const last = Math.max(at, ...failed.map((call) => call.endedAt));
    console.log(
      `restarts: gateway: back after ${seconds} s; failed calls: ${told(failed)} of ${callsSince(at)}, ` +
        `the last after ${(last - at) / 1000} s`,
    );
    await sameArtifacts(before);
  });
});

/** As many new artifacts as undisturbed runs make. */
async function sameArtifacts(before: { blobs: number; trees: number }): Promise<void> {
  const after = await artifactsIn(project.root);
  expect({ blobs: after.blobs - before.blobs, trees: after.trees - before.trees }).toEqual(artifacts);
}
