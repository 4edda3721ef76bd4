import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model, Report, SluiceActivities } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

function run(model: Model, options: Partial<Spec> = {}): Promise<Report> {
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
  return evaluateActivity(fix.context)({ ref, spec, parentRunId: null });
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
