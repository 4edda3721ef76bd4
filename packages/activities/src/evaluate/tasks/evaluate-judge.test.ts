import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ErrorCode, type Model, type Report, type SluiceActivities } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Fixture, fixture } from '../../serving/testing/fixture-context.ts';
import { evaluateActivity } from '../evaluate.ts';
import type { SuiteReport } from '../suite-report.ts';
import { type Asked, completion, type FakeJudge, fakeJudge, says } from './judge/testing/fake-judge.ts';

type Spec = Parameters<SluiceActivities['evaluate']>[0]['spec'];

const KEY = 'sk-nobody-may-see-this';
let fix: Fixture;
let fake: FakeJudge;
beforeEach(async () => {
  fix = await fixture();
  fake = await fakeJudge(nearer);
  vi.stubEnv('TEST_JUDGE', fake.endpoint);
  vi.stubEnv('TEST_JUDGE_KEY', KEY);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.close();
  await fix.remove();
});

/** Prefers the number that is nearer to the reference. */
function nearer({ a, b, reference }: Asked): string {
  const off = (answer: string) => Math.abs(Number(answer) - Number(reference));
  return says(off(a) === off(b) ? 'tie' : off(a) < off(b) ? 'A' : 'B');
}

const judge = {
  name: 'judge',
  endpoint: 'env:TEST_JUDGE',
  key: 'env:TEST_JUDGE_KEY',
  model: 'm',
  rubric: 'The number nearer to the reference is better.',
  margin: 0.2,
};

async function suite(n: number, metric: object = judge, more: (i: number) => object = () => ({})): Promise<void> {
  const folder = join(fix.context.root, 'eval', 'tasks');
  await mkdir(folder, { recursive: true });
  const tasks = { delays: { metrics: [metric, { name: 'mae', margin: 5, worst: 20 }] } };
  await writeFile(join(folder, 'suite.json'), JSON.stringify({ version: 1, protocol: { kind: 'invocations' }, tasks }));
  const cases = Array.from({ length: n }, (_, i) =>
    JSON.stringify({
      id: `c${i}`,
      category: i % 2 ? 'EWR' : 'JFK',
      input: { key: `k${i}`, x: i },
      expected: i + 1,
      ...more(i),
    }),
  );
  await writeFile(join(folder, 'cases.jsonl'), cases.join('\n'));
}

/** One vote in three is another's, by what was asked. */
function noisy(asked: Asked): string {
  return (asked.body.seed ?? 0) % 3 === 0 ? says('B') : nearer(asked);
}

function run(model: Model, against: Spec['against']): Promise<Report> {
  return evaluateActivity(fix.context)(inputOf(model, against));
}

function inputOf(
  model: Model,
  against: Spec['against'],
  workflowId = 'p/1',
): Parameters<SluiceActivities['evaluate']>[0] {
  const ref = { workflowId, pipeline: 'p', step: 'tasks', name: 'tasks', keys: {} };
  const placement = { endpoint: 'demo', seed: 0, on: null, temporal: null };
  const spec: Spec = { kind: 'evaluate', name: 'tasks', model, suite: 'eval/tasks', against, ...placement };
  return { ref, spec, parentRunId: null };
}

async function full(report: Report): Promise<SuiteReport> {
  return (await fix.report(report.report)) as SuiteReport;
}

const rowOf = ({ rows }: SuiteReport, metric: string) =>
  rows.find((row) => row.metric === metric && row.category === null);

describe('a suite with a judge', () => {
  test('fails a candidate whose answers are worse, and names the cases that lost', async () => {
    await suite(60);
    const report = await run(await fix.model({ add: 3 }), await fix.model({ add: 1.5 }));
    expect(report.verdict).toBe('fail');
    const found = await full(report);
    expect(rowOf(found, 'judge')).toMatchObject({
      verdict: 'fail',
      candidate: 0,
      baseline: 1,
      difference: -1,
      n: 60,
      signature: expect.stringMatching(/^judge\|model:m\|k:3\|rubric:/),
      note: expect.stringContaining('judged by m in 3 votes each'),
    });
    expect(rowOf(found, 'mae')?.verdict).toBe('pass');
    expect(found.worstCases[0]?.scores.judge).toEqual({ candidate: 0, baseline: 1 });
    expect(found.judges?.[0]).toMatchObject({ task: 'delays', metric: 'judge', unscored: 0, agreement: 1 });
    expect(report.evidence[0]).toMatchObject({ metric: 'delays: judge', verdict: 'fail' });
  });

  test('passes one that is better, and tells how the judge agrees with people', async () => {
    const human = (i: number) => ({ human: { answers: [i + 1, i + 5], prefers: i % 4 ? 'first' : 'second' } });
    await suite(60, judge, (i) => (i < 20 ? human(i) : {}));
    const report = await run(await fix.model({ add: 1.5 }), await fix.model({ add: 3 }));
    expect(report.verdict).toBe('pass');
    const [facts] = (await full(report)).judges ?? [];
    expect(facts?.human).toMatchObject({ n: 20, unscored: 0, agreement: 0.75, kappa: 0 });
    expect(report.evidence.find(({ metric }) => metric === 'delays: judge')?.note).toContain('20 human labels');
    const votes = (await fix.context.store.getText(facts?.record ?? report.report)).trim().split('\n');
    expect(votes).toHaveLength(240);
  });

  test('writes its key nowhere', async () => {
    await suite(20);
    fake.behave = (asked, count) =>
      count % 7 === 0
        ? (response) => response.writeHead(400).end(`bad key ${asked.authorization}`)
        : nearer(asked).replace('}', `, "key": "${asked.authorization}"}`);
    const report = await run(await fix.model({ add: 1.5 }), await fix.model({ add: 3 }));
    expect(fake.asked[0]?.authorization).toBe(`Bearer ${KEY}`);
    expect(JSON.stringify(report)).not.toContain(KEY);
    const names = await readdir(fix.context.root, { recursive: true, withFileTypes: true });
    const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
    const texts = await Promise.all(files.map((file) => readFile(file, 'latin1')));
    expect(texts.some((text) => text.includes('bad key Bearer ***'))).toBe(true);
    expect(texts.filter((text) => text.includes(KEY))).toEqual([]);
  });

  test('that never answers is an error that says so, and the other metrics are judged', async () => {
    await suite(60, { ...judge, timeout: 200 });
    fake.behave = () => () => {};
    const report = await run(await fix.model({ add: 1.5 }), await fix.model({ add: 3 }));
    expect(report.verdict).toBe('error');
    expect(report.evidence[0]).toMatchObject({
      metric: 'delays: judge',
      verdict: 'error',
      note: expect.stringContaining(
        'the judge does not answer: 5 requests in a row, the last: no whole answer within 200 ms',
      ),
    });
    const found = await full(report);
    expect(rowOf(found, 'mae')).toMatchObject({ verdict: 'pass', n: 60 });
    expect(found.judges?.[0]?.broken).toContain('does not answer');
    expect(found.candidateAnswers.bytes).toBeGreaterThan(0);
    expect(fake.asked.length).toBeLessThanOrEqual(8);
  });

  test('passes nothing where it has no votes on more than a few cases', async () => {
    await suite(60);
    fake.behave = (asked) => (Number(asked.task.match(/"x": (\d+)/)?.[1]) % 10 === 0 ? '?' : nearer(asked));
    const report = await run(await fix.model({ add: 1.5 }), await fix.model({ add: 3 }));
    expect(report.verdict).toBe('inconclusive');
    expect(rowOf(await full(report), 'judge')).toMatchObject({
      n: 54,
      candidate: 1,
      verdict: 'inconclusive',
      note: expect.stringContaining('6 of 60 cases have no score, and those may be the bad ones'),
    });
  });

  test('fails what is worse though some cases have no votes', async () => {
    await suite(60);
    fake.behave = (asked) => (Number(asked.task.match(/"x": (\d+)/)?.[1]) % 10 === 0 ? '?' : nearer(asked));
    const report = await run(await fix.model({ add: 3 }), await fix.model({ add: 1.5 }));
    expect(rowOf(await full(report), 'judge')).toMatchObject({ n: 54, verdict: 'fail' });
  });

  test('has nothing to compare on the first deploy, which it does not hold up', async () => {
    await suite(20);
    const report = await run(await fix.model({ add: 1 }), 'production');
    expect(report.verdict).toBe('pass');
    expect(rowOf(await full(report), 'judge')).toMatchObject({
      n: 0,
      candidate: null,
      verdict: 'pass',
      counts: false,
      note: expect.stringContaining('there are none to compare with'),
    });
    expect(fake.asked).toEqual([]);
  });

  test('is not asked about a candidate that is the baseline', async () => {
    await suite(20);
    const model = await fix.model({ add: 3 });
    expect((await run(model, model)).verdict).toBe('pass');
    expect(fake.asked).toEqual([]);
  });

  test('compares with answers that an earlier evaluation has kept', async () => {
    await suite(60);
    const earlier = await run(await fix.model({ add: 3 }), null);
    const report = await run(await fix.model({ add: 1.5 }), { result: earlier.report, step: earlier.step });
    expect(rowOf(await full(report), 'judge')).toMatchObject({ candidate: 1, baseline: 0, verdict: 'pass' });
  });

  test('goes on with its votes after the worker was killed, and asks for none of them twice', async () => {
    const n = 60;
    await suite(n);
    // Slow enough to be killed among its votes, and noisy by the question, so that every vote counts.
    const slow = (asked: Asked) => (response: import('node:http').ServerResponse) =>
      void setTimeout(() => response.end(completion(noisy(asked))), 20);
    fake.behave = slow;
    const [model, old] = [await fix.model({ add: 1.5 }), await fix.model({ add: 3 })];
    const script = fileURLToPath(new URL('./testing/evaluate-and-wait.ts', import.meta.url));
    const input = JSON.stringify(inputOf(model, old, 'killed/1'));
    const worker = spawn(process.execPath, [script, fix.context.root, input], { stdio: 'inherit' });
    const gone = once(worker, 'exit');
    await vi.waitFor(() => expect(fake.asked.length).toBeGreaterThanOrEqual(n), { timeout: 60_000, interval: 5 });
    worker.kill('SIGKILL');
    await gone;
    expect(fake.asked.length).toBeLessThan(3 * n);

    const report = await evaluateActivity(fix.context)(inputOf(model, old, 'killed/1'));
    expect(new Set(fake.asked.map(({ text }) => text)).size).toBe(3 * n);
    // Only what was under way when it was killed may have been asked without its reply being kept.
    expect(fake.asked.length).toBeLessThanOrEqual(3 * n + 4);
    const twin = await evaluateActivity(fix.context)(inputOf(model, old, 'undisturbed/1'));
    const said = async (one: Report) => {
      const { rows, verdict, judges } = await full(one);
      return { rows, verdict, judges: judges?.map((facts) => ({ ...facts, record: null })) };
    };
    expect(await said(report)).toEqual(await said(twin));
    expect((await full(report)).judges?.[0]?.votes.usable).toBe(3 * n);
  });

  test('whose key is not set ends before anything is asked', async () => {
    await suite(20);
    vi.stubEnv('TEST_JUDGE_KEY', '');
    const model = await fix.model({ add: 1, asked: join(fix.context.root, 'asked') });
    await expect(run(model, null)).rejects.toMatchObject({
      code: ErrorCode.InvalidStep,
      message: expect.stringContaining('env:TEST_JUDGE_KEY of the judge is not set'),
    });
    await expect(readFile(join(fix.context.root, 'asked'))).rejects.toThrow('ENOENT');
  });
});
