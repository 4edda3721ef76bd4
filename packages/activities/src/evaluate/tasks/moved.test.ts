import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Model, Report, SluiceActivities } from '@sluice/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { inAttempt, storedLines } from '../../partial/testing/in-attempt.ts';
import { type Fixture, fixture } from '../../serving/testing/fixture-context.ts';
import { fileStore } from '../../store/file-store.ts';
import type { SweepableStore } from '../../store/store-sweep.ts';
import { evaluateActivity } from '../evaluate.ts';
import type { ShownAnswer, SuiteReport } from '../suite-report.ts';

type Input = Parameters<SluiceActivities['evaluate']>[0];

const N = 40;
let storeRoot: string;
let store: SweepableStore;
let fix: Fixture;
beforeEach(async () => {
  storeRoot = await mkdtemp(join(tmpdir(), 'sluice-shared-'));
  store = fileStore(storeRoot);
  fix = await fixture({ store });
});
afterEach(async () => {
  await fix.remove();
  await rm(storeRoot, { recursive: true, force: true });
});

/** A suite, two models that log whom they answered, and the input of an evaluation. */
async function prepared(workflowId: string) {
  const folder = join(fix.context.root, 'eval', 'tasks');
  await mkdir(folder, { recursive: true });
  const metrics = [{ name: 'mae', margin: 0.5, worst: 5 }, { name: 'rmse' }];
  const settings = { version: 1, protocol: { kind: 'invocations' }, tasks: { delays: { metrics } }, concurrency: 4 };
  await writeFile(join(folder, 'suite.json'), JSON.stringify(settings));
  const cases = Array.from({ length: N }, (_, i) =>
    JSON.stringify({ id: `c${i}`, category: `k${i % 3}`, input: { key: `c${i}`, x: i }, expected: i + 1 }),
  );
  await writeFile(join(folder, 'cases.jsonl'), cases.join('\n'));
  const log = join(fix.context.root, 'asked');
  const model = await fix.model({ add: 1.3, delay: 150, asked: log });
  // What is new is stored when the step has taken twice as long as at the time before, so this one has to take longer.
  const against = await fix.model({ add: 1.1, delay: 600, asked: log });
  const asked = async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean).length;
  return { asked, input: inputOf(model, against, workflowId) };
}

function inputOf(model: Model, against: Model, workflowId: string): Input {
  const ref = { workflowId, pipeline: 'p', step: 'tasks', name: 'tasks', keys: {} };
  const placement = { endpoint: 'demo', seed: 0, on: null, temporal: null };
  return {
    ref,
    spec: { kind: 'evaluate', name: 'tasks', model, suite: 'eval/tasks', against, ...placement },
    parentRunId: null,
  };
}

/** What a report says, but for how long answers took. */
async function said({ report }: Report): Promise<unknown> {
  const { candidateAnswers: _, worstCases, ...rest } = (await fix.report(report)) as SuiteReport;
  const timeless = (answer: ShownAnswer | null) => (answer === null ? null : { ...answer, latencyMs: null });
  return {
    ...rest,
    worstCases: worstCases.map((one) => ({
      ...one,
      candidate: timeless(one.candidate),
      baseline: timeless(one.baseline),
    })),
  };
}

/** An attempt on a machine of its own: nothing below its `.sluice` but what it makes. */
function attempt(input: Input, number: number, signal?: AbortSignal): Promise<Report> {
  const context = { ...fix.context, stateDir: join(fix.context.root, `machine-${number}`, '.sluice') };
  return inAttempt({ begun: 1, attempt: number, ...(signal === undefined ? {} : { signal }) }, () =>
    evaluateActivity(context)(input),
  );
}

/** Asserts that the second attempt asks what the store does not have and nothing else, and says what a twin says. */
async function goesOn(input: Input, asked: () => Promise<number>): Promise<void> {
  const kept = (await storedLines(store, input.ref)).length;
  const before = await asked();
  const report = await attempt(input, 2);
  expect(await asked()).toBe(before + 2 * N - kept);
  const twin = await attempt({ ...input, ref: { ...input.ref, workflowId: 'undisturbed/1' } }, 3);
  expect(await said(report)).toEqual(await said(twin));
  expect(report.verdict).toBe(twin.verdict);
  expect(await storedLines(store, input.ref)).toEqual([]);
}

// In the candidate's part, and in the baseline's.
test.each([10, N + 10])(
  'an evaluation whose machine is gone after %i answers were stored goes on with them on another one',
  async (least) => {
    const { asked, input } = await prepared('killed/1');
    const script = fileURLToPath(new URL('./testing/evaluate-and-wait.ts', import.meta.url));
    const machine = join(fix.context.root, 'machine-1', '.sluice');
    const worker = spawn(process.execPath, [script, fix.context.root, JSON.stringify(input), machine, storeRoot], {
      stdio: 'inherit',
    });
    const gone = once(worker, 'exit');
    await vi.waitFor(async () => expect((await storedLines(store, input.ref)).length).toBeGreaterThanOrEqual(least), {
      timeout: 100_000,
      interval: 10,
    });
    worker.kill('SIGKILL');
    await gone;
    await rm(machine, { recursive: true });
    await goesOn(input, asked);
  },
  200_000,
);

test('an evaluation whose worker is told to stop leaves all its answers to another machine', async () => {
  const { asked, input } = await prepared('stopped/1');
  const stop = new AbortController();
  const stopped = attempt(input, 1, stop.signal);
  await vi.waitFor(async () => expect(await asked()).toBeGreaterThan(8), { timeout: 60_000, interval: 5 });
  stop.abort(new Error('the worker stops'));
  await expect(stopped).rejects.toThrow('the worker stops');
  // But for those that were under way.
  expect((await storedLines(store, input.ref)).length).toBeGreaterThanOrEqual((await asked()) - 4);
  await goesOn(input, asked);
}, 200_000);
