import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '@sluice/sdk';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { storedLines } from '../../packages/activities/src/partial/testing/in-attempt.ts';
import { fileStore } from '../../packages/activities/src/store/file-store.ts';
import { loadConfig } from '../../packages/cli/src/config/load-config.ts';
import { startWorkerProcess, type WorkerPart } from '../../packages/cli/src/dev/worker-part.ts';
import { copyProject, type ProjectStack, projectStack } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';

const CASES = 60;
/** Requests that are under way at a time; what they asked when their worker died is asked again. */
const AT_ONCE = 8;
/** Requests of callers have numbers from here on. */
const LIVE = 1000;

let project: ProjectStack;

beforeAll(async () => {
  project = await projectStack();
  const folder = join(project.root, 'eval/doubles');
  await mkdir(folder, { recursive: true });
  const metrics = [{ name: 'accuracy', least: 0.9 }];
  const suite = {
    version: 1,
    protocol: { kind: 'invocations' },
    concurrency: AT_ONCE,
    tasks: { doubles: { metrics } },
  };
  await writeFile(join(folder, 'suite.json'), JSON.stringify(suite));
  const cases = Array.from({ length: CASES }, (_, i) => ({ id: `c${i}`, input: { i }, expected: 2 * i }));
  await writeFile(join(folder, 'cases.jsonl'), cases.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const first = await project.start('release', { trainer: { steps: 3, pace: 0 }, on: 'cpu', endpoint: 'shop-1' });
  expect(await first.result()).toMatchObject({ state: 'deployed' });
  for (let i = 0; i < CASES; i += 1) {
    const response = await fetch(`${project.stack.gateway.url}/shop-1/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ dataframe_records: [{ i: LIVE + i }] }),
    });
    expect(response.status).toBe(200);
    await response.text();
  }
});
afterAll(() => project?.close());

interface Evidence {
  readonly quality: Report;
  readonly replayed: Report;
}

function started(key: string) {
  const trainer = { steps: 3, pace: 0, version: 'counted', serving: 'slow' };
  return project.start('evidence', { trainer, on: 'cpu', endpoint: 'shop-1' }, key);
}

/** What the candidate was asked on a machine, by both. */
async function asked(
  root = project.root,
): Promise<{ readonly suite: readonly number[]; readonly live: readonly number[] }> {
  const text = await readFile(join(root, 'asked.txt'), 'utf8').catch(() => '');
  const all = text.split('\n').filter(Boolean).map(Number);
  return { suite: all.filter((i) => i < LIVE), live: all.filter((i) => i >= LIVE) };
}

let expected: Evidence;

it('an evaluation and a replay whose worker is killed go on where they were, and say what undisturbed ones say', {
  timeout: 300_000,
}, async () => {
  const twin = await started('twin');
  expected = (await twin.result()) as Evidence;
  expect(expected).toMatchObject({ quality: { verdict: 'pass' }, replayed: { verdict: 'pass' } });
  expect((await asked()).suite).toHaveLength(CASES);
  expect((await asked()).live).toHaveLength(CASES);
  await rm(join(project.root, 'asked.txt'));

  const run = await started('killed');
  await waitFor('a part of the suite', async () => (await asked()).suite.length >= 24);
  await project.stack.restart('worker cpu', 'SIGKILL');
  await waitFor('a part of the requests', async () => (await asked()).live.length >= 24, 120_000);
  await project.stack.restart('worker cpu', 'SIGKILL');
  const { quality, replayed } = (await run.result()) as Evidence;

  expect(quality.evidence).toEqual(expected.quality.evidence);
  expect(replayed.evidence).toEqual(expected.replayed.evidence);
  for (const all of Object.values(await asked())) {
    expect(new Set(all).size).toBe(CASES);
    expect(all.length).toBeLessThanOrEqual(CASES + AT_ONCE);
  }
});

/** Another machine's checkout of the project: it shares the store with the first one, and nothing else. */
async function otherMachine(): Promise<string> {
  const root = await copyProject();
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await cp(join(project.root, 'eval'), join(root, 'eval'), { recursive: true });
  await mkdir(join(root, '.sluice'));
  await symlink(join(project.root, '.sluice/store'), join(root, '.sluice/store'));
  return root;
}

async function workerOn(root: string): Promise<WorkerPart> {
  const { stack } = project;
  const worker = await startWorkerProcess({
    ...{ loaded: await loadConfig({ cwd: root }), class: 'cpu', machine: 'other', grace: 1000 },
    ...{ temporal: stack.temporal, mlflowUrl: stack.mlflow?.url ?? null, gateway: stack.gateway },
    scheduledEventsUrl: stack.scheduledEventsUrl,
  });
  onTestFinished(() => worker.stop());
  return worker;
}

it('on another machine they go on where the first one was, be it suspended or gone', { timeout: 300_000 }, async () => {
  await rm(join(project.root, 'asked.txt'), { force: true });
  const other = await otherMachine();
  const store = fileStore(join(project.root, '.sluice/store'));
  const run = await started('moved');
  const stored = async (step: string, label: RegExp) => {
    return (await storedLines(store, { workflowId: run.workflowId, step }, label).catch(() => [])).length;
  };
  const first = project.stack.pidOf('worker cpu') ?? expect.fail('there is no worker');

  // The first machine is suspended in the middle of the suite, and the other one takes over.
  await waitFor('stored answers', async () => (await stored('quality', /./)) >= 4, 120_000);
  process.kill(first, 'SIGSTOP');
  onTestFinished(() => void process.kill(first, 'SIGCONT'));
  const answers = await stored('quality', /./);
  const second = await workerOn(other);

  // That one is gone in the middle of the requests, and a third one goes on.
  await waitFor('stored outcomes', async () => (await stored('traffic', /^outcomes/)) >= 4, 120_000);
  second.kill('SIGKILL');
  await second.exited;
  const outcomes = await stored('traffic', /^outcomes/);
  const third = await otherMachine();
  await workerOn(third);
  const { quality, replayed } = (await run.result()) as Evidence;

  expect(quality.evidence).toEqual(expected.quality.evidence);
  expect(replayed.evidence).toEqual(expected.replayed.evidence);
  expect((await asked(other)).suite).toHaveLength(CASES - answers);
  expect((await asked(third)).live).toHaveLength(CASES - outcomes);
  // What was stored is gone, but for the report of a replay that might have to be told again.
  expect(await stored('quality', /./)).toBe(0);
  expect(await stored('traffic', /^(plan|requests|outcomes)/)).toBe(0);
});
