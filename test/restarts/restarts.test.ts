import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminOf } from '../harness/gateway-admin.ts';
import { type ProjectStack, projectStack } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';
import { untilAnswered } from '../rollback/shop.ts';
import { type Call, failuresOf, type Traffic, told } from '../rollback/traffic.ts';
import { type ArtifactCount, artifactsIn } from './traces.ts';
import { complete, expectNothingTwice, openShops, type Runs, underWay } from './under-way.ts';

let project: ProjectStack;
/** Callers of the endpoints that take rollouts while parts are killed. */
let traffics: readonly Traffic[];
let round = 0;
/** What undisturbed runs make. */
let made: ArtifactCount;

beforeAll(async () => {
  project = await projectStack();
  const [leaving, waiting] = await openShops(project);
  traffics = [leaving.traffic(50), waiting.traffic(10)];
  for (const traffic of traffics) await untilAnswered(traffic, 10);
});
afterAll(async () => {
  await Promise.all((traffics ?? []).map((traffic) => traffic.stop()));
  await project?.close();
});

/** Failed calls of all callers that ended after `since`. */
function failedSince(since: number): Call[] {
  return traffics.flatMap((traffic) => failuresOf(traffic).filter((call) => call.endedAt >= since));
}

function callsSince(since: number): number {
  return traffics.flatMap((traffic) => traffic.calls.filter((call) => call.sentAt >= since)).length;
}

function callsUnderWay(): Call[] {
  return traffics.flatMap((traffic) => traffic.calls.filter((call) => call.endedAt === 0));
}

/** Kills parts, waits for their successors, and says how long that took. */
async function restart(...parts: string[]): Promise<{ readonly at: number; readonly seconds: number }> {
  const at = Date.now();
  await Promise.all(parts.map((part) => project.stack.restart(part)));
  return { at, seconds: (Date.now() - at) / 1000 };
}

/** Starts runs, has them disturbed in the middle, lets them complete, and looks for what should not be there. */
async function disturbed<Seen>(disturb: (runs: Runs) => Promise<Seen>, trained?: Trained): Promise<[Seen, Runs]> {
  round += 1;
  const before = await artifactsIn(project.root);
  const runs = await underWay(project, round);
  const seen = await disturb(runs);
  await complete(runs);
  await expectNothingTwice({ client: project.client, mlflowUrl: project.stack.mlflow?.url ?? '' }, runs, trained);
  const after = await artifactsIn(project.root);
  const count = { blobs: after.blobs - before.blobs, trees: after.trees - before.trees };
  made ??= count;
  expect(count).toEqual(made);
  return [seen, runs];
}

type Trained = Parameters<typeof expectNothingTwice>[2];

/** Milliseconds; the machine may be busy with other tests. */
const timeout = 300_000;

describe('runs go on, and nothing is there twice, when in the middle of everything', { timeout }, () => {
  it('nothing happens at all', async () => {
    const [since] = await disturbed(async () => Date.now());
    console.log(`restarts: undisturbed: ${JSON.stringify(made)} artifacts, ${callsSince(since)} calls`);
    expect(failedSince(since)).toEqual([]);
  });

  it('the Temporal server is killed', async () => {
    const [seen] = await disturbed(async (runs) => {
      const { at, seconds } = await restart('temporal');
      await waitFor('an answer of a workflow', () => runs.waiting.status());
      return { at, seconds, answered: (Date.now() - at) / 1000 };
    });
    const { at, seconds, answered } = seen;
    console.log(
      `restarts: Temporal: takes work again after ${seconds} s, workflows answer after ${answered} s; ${lost(at)}`,
    );
    expect(failedSince(at)).toEqual([]);
  });

  it('the MLflow server and the proxy of the gateway are killed', async () => {
    const [{ killedAt, underWayThen, seconds }] = await disturbed(async () => {
      const { worker } = await (await adminOf(project.stack)).health();
      const underWayThen = callsUnderWay();
      const killedAt = Date.now();
      process.kill(worker.pid ?? expect.fail('no proxy'), 'SIGKILL');
      const { seconds } = await restart('mlflow');
      return { killedAt, underWayThen, seconds };
    });
    const failed = failedSince(killedAt);
    console.log(
      `restarts: MLflow: answers again after ${seconds} s; proxy: ${lost(killedAt)}, ` +
        `${underWayThen.length} under way at the kill`,
    );
    expect(failed.filter((call) => call.sentAt > killedAt)).toEqual([]);
    expect(failed.length).toBeLessThanOrEqual(underWayThen.length);
  });

  it('the worker that runs the workflows is killed', async () => {
    const [seen] = await disturbed(async (runs) => {
      const { at, seconds } = await restart('worker control');
      await waitFor('an answer of a workflow', () => runs.waiting.status());
      return { at, seconds, answered: (Date.now() - at) / 1000 };
    });
    const { at, seconds, answered } = seen;
    console.log(`restarts: control worker: back after ${seconds} s, workflows answer after ${answered} s; ${lost(at)}`);
    expect(failedSince(at)).toEqual([]);
  });

  it('the workers of all resource classes are killed', async () => {
    const [{ at, seconds }, { training }] = await disturbed(
      () => restart('worker cpu', 'worker spot', 'worker on-demand'),
      { attempts: ['worker-lost', 'done'], repeatedMetrics: expect.any(Number) },
    );
    const model = (await training.status()).steps.find(({ step }) => step === 'model');
    const [first, second] = model?.attempts ?? [];
    console.log(
      `restarts: workers: back after ${seconds} s; training resumed at step ${second?.resumedFrom}, ` +
        `lost ${first?.stepsLost} steps; ${lost(at)}`,
    );
    expect(second?.resumedFrom).toBeGreaterThanOrEqual(20);
    expect(second?.resumedFrom).toBe(first?.checkpoint);
    expect(failedSince(at)).toEqual([]);
  });

  it('the host of the gateway is killed, with every model server', async () => {
    const [{ at, seconds, underWayThen }] = await disturbed(async () => {
      const underWayThen = callsUnderWay();
      return { underWayThen, ...(await restart('gateway')) };
    });
    const failed = failedSince(at);
    const last = Math.max(0, ...failed.map((call) => call.sentAt - at));
    console.log(
      `restarts: gateway: back after ${seconds} s; ${lost(at)}, ${underWayThen.length} under way at the kill, ` +
        `the last sent ${last / 1000} s after it`,
    );
    expect(failed.filter((call) => call.error === 'ECONNREFUSED')).toEqual([]);
    // Callers that keep connections open may send on one before they hear that it is gone.
    expect(failed.filter((call) => call.sentAt > at + 250)).toEqual([]);
  });
});

function lost(since: number): string {
  return `failed calls: ${told(failedSince(since))} of ${callsSince(since)}`;
}
