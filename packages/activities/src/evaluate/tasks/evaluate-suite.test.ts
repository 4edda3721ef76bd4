import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ErrorCode, type Model, type Report, type SluiceActivities } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ActivityContext } from '../../context.ts';
import type { MlflowClient } from '../../mlflow/client.ts';
import { type Fixture, fixture } from '../../serving/testing/fixture-context.ts';
import { evaluateActivity } from '../evaluate.ts';
import type { SuiteReport } from '../suite-report.ts';

type Spec = Parameters<SluiceActivities['evaluate']>[0]['spec'];

let fix: Fixture;
beforeEach(async () => {
  fix = await fixture();
});
afterEach(() => fix.remove());

const delays = {
  version: 1,
  protocol: { kind: 'invocations' },
  tasks: { delays: { metrics: [{ name: 'mae', margin: 0.5, worst: 5 }] } },
};

async function suite(settings: object, cases: readonly object[]): Promise<void> {
  const folder = join(fix.context.root, 'eval', 'tasks');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'suite.json'), JSON.stringify(settings));
  await writeFile(join(folder, 'cases.jsonl'), cases.map((one) => JSON.stringify(one)).join('\n'));
}

/** y = x + 1, over two airports. */
function cases(n: number): object[] {
  return Array.from({ length: n }, (_, i) => ({
    id: `c${i}`,
    task: 'delays',
    category: i % 2 ? 'EWR' : 'JFK',
    input: { key: `k${i}`, x: i },
    expected: i + 1,
  }));
}

function production(model: Model) {
  return { stable: { digest: model.digest, uri: model.uri, bytes: model.bytes, id: 'v1', registered: null } };
}

function run(model: Model, options: Partial<Spec> = {}, context: ActivityContext = fix.context): Promise<Report> {
  const ref = { workflowId: 'p/1', pipeline: 'p', step: 'tasks', name: 'tasks', keys: {} };
  const spec: Spec = {
    kind: 'evaluate',
    name: 'tasks',
    model,
    suite: 'eval/tasks',
    against: 'production',
    endpoint: 'demo',
    seed: 0,
    on: null,
    temporal: null,
    ...options,
  };
  return evaluateActivity(context)({ ref, spec, parentRunId: null });
}

async function full(report: Report): Promise<SuiteReport> {
  return (await fix.report(report.report)) as SuiteReport;
}

describe('a suite folder', () => {
  test('passes a model that is no worse than production, task by task', async () => {
    await suite(delays, cases(120));
    fix.endpoint = production(await fix.model({ add: 1.2 }));
    const report = await run(await fix.model({ add: 1 }));
    expect(report.verdict).toBe('pass');
    const { rows, suite: facts, baseline } = await full(report);
    expect(rows[0]).toMatchObject({
      task: 'delays',
      metric: 'mae',
      category: null,
      n: 120,
      verdict: 'pass',
      counts: true,
    });
    expect(rows[0]?.difference).toBeCloseTo(-0.2, 6);
    expect(rows.map(({ category }) => category)).toEqual([null, 'EWR', 'JFK']);
    expect(facts).toMatchObject({ digest: expect.stringMatching(/^sha256:/), cases: 120 });
    expect(baseline.kind).toBe('production');
  });

  test('fails a worse model and lists the cases that lost most with both answers', async () => {
    await suite(delays, cases(60));
    fix.endpoint = production(await fix.model({ add: 1 }));
    const report = await run(await fix.model({ add: 4 }));
    expect(report.verdict).toBe('fail');
    const { worstCases } = await full(report);
    expect(worstCases).toHaveLength(60);
    expect(worstCases[0]).toMatchObject({
      expected: 1,
      candidate: { answer: 4 },
      baseline: { answer: 1 },
      scores: { mae: { candidate: 3, baseline: 0 } },
    });
  });

  test('counts what is no answer, and fails a model that leaves a case out which its predecessor answers', async () => {
    await suite(delays, cases(120));
    fix.endpoint = production(await fix.model({ add: 1 }));
    const report = await run(await fix.model({ add: 1, rules: { k7: 'status', k9: 'short' }, name: 'new' }));
    expect(report.verdict).toBe('fail');
    expect(report.evidence[0]).toMatchObject({ metric: 'cases only the baseline answers', value: 2 });
    const { answers } = await full(report);
    expect(answers[0]).toMatchObject({ lost: 2, candidate: { status: 1, answer: 1 } });
  });
});

describe('what a suite folder is held against', () => {
  test('an earlier result by the same suite, without asking that model again', async () => {
    await suite(delays, cases(120));
    const old = await fix.model({ add: 1.2 });
    const earlier = await run(old, { against: null });
    await fix.context.store.discard([old], []); // nobody can serve it any more
    const stored = { result: earlier.report, step: earlier.step };
    const report = await run(await fix.model({ add: 1 }), { against: stored });
    expect(report.verdict).toBe('pass');
    const { rows, baseline, worstCases } = await full(report);
    expect(baseline).toEqual({ kind: 'stored', digest: old.digest, name: 'tasks', broken: null });
    expect(rows[0]?.baseline).toBeCloseTo(0.2, 6);
    expect(worstCases).toEqual([]);
    const worse = await full(await run(await fix.model({ add: 9 }), { against: stored }));
    expect(worse.worstCases[0]?.baseline).toMatchObject({ answer: expect.any(Number) });
  });

  test('never an earlier result by another suite', async () => {
    await suite(delays, cases(120));
    const earlier = await run(await fix.model({ add: 1.2 }), { against: null });
    await suite(delays, [...cases(119), { ...cases(1)[0], id: 'other' }]);
    const stored = { result: earlier.report, step: earlier.step };
    const again = run(await fix.model({ add: 1 }), { against: stored });
    await expect(again).rejects.toMatchObject({
      code: ErrorCode.InvalidStep,
      message: expect.stringContaining('against names a result of the suite eval/tasks as it was at sha256:'),
    });
    const nonsense = await fix.context.store.putText('{"kind":"replay"}', 'report');
    await expect(run(await fix.model({}), { against: { result: nonsense, step: null } })).rejects.toThrow(
      'of no suite folder',
    );
  });

  test('a registered version', async () => {
    await suite(delays, cases(120));
    const old = await fix.model({ add: 1.2 });
    const tags = [
      { key: 'sluice.digest', value: old.digest },
      { key: 'sluice.uri', value: old.uri },
    ];
    const getModelVersion = async (name: string, version: string) =>
      name === 'demo' && version === '3' ? { name, version, tags } : null;
    const context = { ...fix.context, mlflow: { getModelVersion } as unknown as MlflowClient };
    const report = await run(await fix.model({ add: 1 }), { against: { version: '3' } }, context);
    expect((await full(report)).baseline).toMatchObject({ kind: 'version', name: '3', digest: old.digest });
    const missing = run(await fix.model({ add: 1 }), { against: { version: '4' } }, context);
    await expect(missing).rejects.toMatchObject({ code: ErrorCode.NotFound });
    await expect(run(await fix.model({}), { against: { version: '3' } })).rejects.toThrow('MLflow is off');
  });

  test('nothing, where nothing is deployed: bounds of the metric itself still hold', async () => {
    const metrics = [{ name: 'mae', margin: 0.5, most: 2 }];
    await suite({ ...delays, tasks: { delays: { metrics } } }, cases(60));
    const good = await run(await fix.model({ add: 1.5 }));
    expect(good).toMatchObject({ verdict: 'pass', baseline: null });
    expect(good.evidence.map(({ note }) => note).join()).toContain('nothing is deployed on demo');
    expect((await run(await fix.model({ add: 7 }))).verdict).toBe('fail');
  });

  test('a production that cannot be served is an error, and no pass', async () => {
    await suite(delays, cases(60));
    fix.endpoint = production(await fix.model({ ping: 'exit' }));
    const report = await run(await fix.model({ add: 1 }));
    expect(report.verdict).toBe('error');
    expect(report.evidence[0]).toMatchObject({ metric: 'baseline could be served', verdict: 'error' });
  });

  test('itself: the same model, byte for byte, passes however small the suite', async () => {
    await suite(delays, cases(4));
    const model = await fix.model({ add: 3 });
    fix.endpoint = production(model);
    expect((await run(model)).verdict).toBe('pass');
  });
});

describe('tasks of one suite', () => {
  test('are asked each in its own way, and scored by programs where the suite names some', async () => {
    const root = fix.context.root;
    const lines = (body: string) => `
      require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const one = JSON.parse(line);
        console.log(JSON.stringify({ id: one.id, ${body} }));
      });`;
    await writeFile(join(root, 'shout.cjs'), lines('answer: one.input.toUpperCase()'));
    await writeFile(join(root, 'long.cjs'), lines('score: Math.min(1, one.answer.length / 5)'));
    const program = (script: string) => [process.execPath, script];
    const words = {
      protocol: { kind: 'command', command: program('shout.cjs') },
      metrics: [
        { name: 'exact_match', least: 0.5 },
        { name: 'length', command: program('long.cjs'), better: 'higher', range: [0, 1], least: 0.5 },
      ],
    };
    const texts = Array.from({ length: 40 }, (_, i) => ({
      id: `w${i}`,
      task: 'words',
      input: 'hello',
      expected: 'HELLO',
    }));
    await suite({ ...delays, tasks: { ...delays.tasks, words } }, [...cases(40), ...texts]);
    const { rows, suite: facts } = await full(await run(await fix.model({ add: 1 }), { against: null }));
    const found = rows
      .filter(({ category }) => category === null)
      .map(({ task, metric, candidate }) => [task, metric, candidate]);
    expect(found).toEqual([
      ['delays', 'mae', 0],
      ['words', 'exact_match', 1],
      ['words', 'length', 1],
    ]);
    expect(facts.tasks.map(({ name, cases: n }) => [name, n])).toEqual([
      ['delays', 40],
      ['words', 40],
    ]);
  });

  test.each([
    ['nothing at all', ''],
    ['all scores but one', "if (one.id !== 'c3') console.log(JSON.stringify({ id: one.id, score: 1 }));"],
  ])('whose metric’s program ends well and says %s are an error, and no pass', async (_, body) => {
    const each = `require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const one = JSON.parse(line); ${body} });`;
    await writeFile(join(fix.context.root, 'quiet.cjs'), each);
    const command = [process.execPath, 'quiet.cjs'];
    const own = { name: 'mine', command, better: 'higher', range: [0, 1], margin: 0.2 };
    await suite({ ...delays, tasks: { delays: { metrics: [own] } } }, cases(40));
    const report = await run(await fix.model({ add: 1, name: 'new' }), { against: await fix.model({ add: 1 }) });
    expect(report.verdict).toBe('error');
    expect(report.evidence[0]?.note).toContain('the program said nothing of it');
  });

  test('whose metric’s program fails are an error that says why', async () => {
    await writeFile(join(fix.context.root, 'bad.cjs'), `throw new TypeError('no such judge');`);
    const own = { name: 'mine', command: [process.execPath, 'bad.cjs'], better: 'higher', least: 0.5 };
    await suite({ ...delays, tasks: { delays: { metrics: [own] } } }, cases(20));
    const report = await run(await fix.model({ add: 1 }), { against: null });
    expect(report.verdict).toBe('error');
    expect(report.evidence[0]?.note).toContain('TypeError: no such judge');
  });
});
