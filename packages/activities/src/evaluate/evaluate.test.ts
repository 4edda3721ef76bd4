import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Candidate, ErrorCode, type Model, type Report, type SluiceActivities, type Suite } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Fixture, fixture } from '../serving/testing/fixture-context.ts';
import { evaluateActivity } from './evaluate.ts';

type Spec = Parameters<SluiceActivities['evaluate']>[0]['spec'];

let fix: Fixture;
beforeEach(async () => {
  fix = await fixture();
});
afterEach(() => fix.remove());

const suite: Suite = {
  cases: 'eval/cases.jsonl',
  label: 'y',
  category: 'airport',
  inputs: null,
  metric: 'absolute_error',
  margin: 0.5,
  limit: null,
};

async function cases(rows: Record<string, unknown>[], name = 'cases.jsonl'): Promise<void> {
  await mkdir(join(fix.context.root, 'eval'), { recursive: true });
  await writeFile(join(fix.context.root, 'eval', name), rows.map((row) => JSON.stringify(row)).join('\n'));
}

/** y = x + 1, over two airports. */
function rows(n: number): Record<string, unknown>[] {
  return Array.from({ length: n }, (_, i) => ({ key: `k${i}`, airport: i % 2 ? 'EWR' : 'JFK', x: i, y: i + 1 }));
}

function production(model: Model): Partial<{ stable: Candidate }> {
  return { stable: { digest: model.digest, uri: model.uri, bytes: model.bytes, id: 'v1', registered: null } };
}

function run(model: Model, options: Partial<Spec> = {}): Promise<Report> {
  const ref = { workflowId: 'p/1', pipeline: 'p', step: 'holdout', name: 'holdout', keys: {} };
  const spec: Spec = {
    kind: 'evaluate',
    name: 'holdout',
    model,
    suite,
    against: 'production',
    endpoint: 'demo',
    seed: 0,
    on: null,
    temporal: null,
    ...options,
  };
  return evaluateActivity(fix.context)({ ref, spec, parentRunId: null });
}

describe('an evaluation against production', () => {
  test('passes a better model, and names both by digest', async () => {
    await cases(rows(300));
    const old = await fix.model({ add: 3 });
    const candidate = await fix.model({ add: 1 });
    fix.endpoint = production(old);
    const report = await run(candidate);
    expect(report).toMatchObject({
      name: 'holdout',
      verdict: 'pass',
      candidate: candidate.digest,
      baseline: old.digest,
      step: 'holdout',
    });
    expect(report.evidence.find(({ slice }) => slice === undefined)).toMatchObject({
      metric: 'mean absolute error',
      value: 0,
      baseline: 2,
      effect: 2,
      n: 300,
    });
    expect(report.evidence.map(({ slice }) => slice)).toContain('EWR');
  });

  test('fails a worse model', async () => {
    await cases(rows(100));
    fix.endpoint = production(await fix.model({ add: 1 }));
    const report = await run(await fix.model({ add: 4 }));
    expect(report.verdict).toBe('fail');
    expect(report.evidence[0]?.verdict).toBe('fail');
  });

  test('fails a model that does not answer one case its predecessor answers, and counts only that case', async () => {
    await cases(rows(401));
    fix.endpoint = production(await fix.model({ add: 1 }));
    const report = await run(await fix.model({ add: 1.001, rules: { k250: 'status' } }));
    expect(report.verdict).toBe('fail');
    expect(report.evidence[0]).toMatchObject({ metric: 'cases only the baseline answers', value: 1, n: 401 });
    expect(report.evidence[0]?.note).toContain('status 500: row refused');
  });

  test.each(['crash', 'short', 'text', 'null'])('holds a row that ends in %s against that row alone', async (rule) => {
    await cases(rows(40));
    fix.endpoint = production(await fix.model({ add: 1 }));
    const report = await run(await fix.model({ add: 1.001, rules: { k7: rule } }));
    expect(report.evidence[0]).toMatchObject({ metric: 'cases only the baseline answers', value: 1, n: 40 });
  });

  test('gives an error, not a pass and not a failure, when production itself cannot be served', async () => {
    await cases(rows(50));
    fix.endpoint = production(await fix.model({ ping: 'exit' }));
    const report = await run(await fix.model({ add: 1 }));
    expect(report.verdict).toBe('error');
    expect(report.evidence[0]?.note).toContain('cannot load the weights');
  });

  test('throws when the candidate cannot be served', async () => {
    await cases(rows(50));
    await expect(run(await fix.model({ ping: 'exit' }))).rejects.toMatchObject({ code: ErrorCode.ServerNotReady });
    expect(await readdir(join(fix.context.stateDir, 'work'))).toEqual([]);
  });

  test('judges the first model alone, because there is nothing to compare with', async () => {
    await cases(rows(20));
    const report = await run(await fix.model({ add: 9 }));
    expect(report).toMatchObject({ verdict: 'pass', baseline: null });
    expect(report.evidence.at(-1)?.note).toContain('nothing is deployed on demo');
  });

  test('does not pass a first model that leaves a case unanswered', async () => {
    await cases(rows(20));
    expect((await run(await fix.model({ rules: { k3: 'status' } }))).verdict).toBe('fail');
  });
});

describe('a report', () => {
  test('is the same artifact every time for the same seed', async () => {
    await cases(rows(60));
    fix.endpoint = production(await fix.model({ add: 2 }));
    const candidate = await fix.model({ add: 1.5, rules: { k7: 'status' } });
    const [one, two] = [await run(candidate), await run(candidate)];
    expect(two).toEqual(one);
  });

  test('holds every category, the seed, the suite with its digest and the cases that lost most', async () => {
    const many = rows(400).map((row, i) => ({ ...row, airport: `A${i % 40}` }));
    await cases(many);
    fix.endpoint = production(await fix.model({ add: 1 }));
    const report = await run(await fix.model({ add: 1.2 }), { seed: 11 });
    const full = (await fix.report(report.report)) as {
      evidence: { slice?: string }[];
      worstCases: unknown[];
    };
    expect(report.evidence).toHaveLength(20);
    expect(full.evidence.filter(({ slice }) => slice !== undefined)).toHaveLength(40);
    expect(full).toMatchObject({
      kind: 'evaluation',
      method: { seed: 11 },
      suite: { rows: 400, used: 400, digest: expect.stringMatching(/^sha256:/) },
    });
    expect(full.worstCases).toHaveLength(200);
  });
});

describe('a suite', () => {
  test('may be a file, named without .json', async () => {
    await cases(rows(20));
    await writeFile(
      join(fix.context.root, 'eval', 'holdout.json'),
      JSON.stringify({ cases: 'eval/cases.jsonl', label: 'y', metric: 'absolute_error' }),
    );
    expect((await run(await fix.model({ add: 1 }), { suite: 'eval/holdout' })).verdict).toBe('pass');
  });

  test('that is wrong lists every problem', async () => {
    await mkdir(join(fix.context.root, 'eval'));
    await writeFile(join(fix.context.root, 'eval', 'bad.json'), '{"lable": "y", "cases": "a.csv", "margin": 0}');
    await expect(run(await fix.model({}), { suite: 'eval/bad' })).rejects.toMatchObject({
      code: ErrorCode.InvalidStep,
      data: [
        expect.stringContaining('lable: no such field'),
        'label: expected the name of a column',
        'margin: expected a number over 0',
      ],
    });
  });

  test('says how much one case can lose, over the margin, and the report repeats it', async () => {
    await cases(rows(60));
    fix.endpoint = production(await fix.model({ add: 1.1 }));
    const judged = { ...suite, worst: 5 };
    const report = await run(await fix.model({ add: 1 }), { suite: judged });
    expect(report.verdict).toBe('pass');
    expect((await run(await fix.model({ add: 1 }), { suite })).verdict).toBe('inconclusive');
    expect(await fix.report(report.report)).toMatchObject({
      suite: { worst: 5 },
      method: { ends: expect.stringContaining('±5') },
    });
    const file = (worst: unknown) => {
      const text = JSON.stringify({
        cases: 'eval/cases.jsonl',
        label: 'y',
        metric: 'absolute_error',
        margin: 1,
        worst,
      });
      return writeFile(join(fix.context.root, 'eval', 'odd.json'), text);
    };
    await file('5');
    await expect(run(await fix.model({}), { suite: 'eval/odd' })).rejects.toMatchObject({
      data: ['worst: expected a number over the margin'],
    });
    await file(1);
    await expect(run(await fix.model({}), { suite: 'eval/odd' })).rejects.toThrow(
      'worst is 1; it must be a number over 1',
    );
  });

  test('outside of the project is refused', async () => {
    await expect(run(await fix.model({}), { suite: '../../etc/passwd' })).rejects.toMatchObject({
      code: ErrorCode.InvalidStep,
    });
  });

  test('that does not exist says where it was looked for', async () => {
    await expect(run(await fix.model({}), { suite: 'eval/none' })).rejects.toThrow('eval/none.json or eval/none');
  });

  test('with a column that is not there lists those that are', async () => {
    await cases(rows(5));
    await expect(run(await fix.model({}), { suite: { ...suite, label: 'delay' } })).rejects.toMatchObject({
      code: ErrorCode.InvalidStep,
      fix: expect.stringContaining('airport'),
    });
  });

  test('with text as label needs the metric correct', async () => {
    await cases(rows(5).map((row) => ({ ...row, y: 'late' })));
    await expect(run(await fix.model({}))).rejects.toThrow('absolute_error needs numbers');
  });

  test('sends only the columns it names, and never the label', async () => {
    await cases(rows(20));
    const model = await fix.model({ rules: { k1: 'crash' }, add: 1 });
    expect((await run(model, { suite: { ...suite, inputs: ['x'] } })).verdict).toBe('pass');
  });

  test('may be long: the report shows the beginning of each', async () => {
    const picture = Array.from({ length: 30_000 }, (_, i) => i / 7);
    await cases(rows(12).map((row) => ({ ...row, picture, text: 'x'.repeat(9_000) })));
    const report = await run(await fix.model({ add: 5 }), { against: await fix.model({ add: 1 }) });
    const { worstCases } = (await fix.report(report.report)) as { worstCases: { inputs: Record<string, unknown> }[] };
    expect(worstCases).toHaveLength(12);
    expect(worstCases[0]?.inputs).toMatchObject({ airport: 'JFK', x: 0, text: expect.stringMatching(/^x{3999}…$/) });
    expect(JSON.stringify(worstCases[0]).length).toBeLessThan(20_000);
  });

  test('may have columns of any name', async () => {
    await cases(Array.from({ length: 30 }, (_, i) => ({ x: i, y: i + 1, row_index: i, cases: 'a', chosen: 1 })));
    const report = await run(await fix.model({ add: 1 }), { suite: { ...suite, category: 'chosen' }, against: null });
    expect(report).toMatchObject({ verdict: 'pass', evidence: [{ n: 30 }, {}] });
  });

  test('with a limit draws evenly over categories, the same for the same seed', async () => {
    await cases(Array.from({ length: 500 }, (_, i) => ({ airport: i < 490 ? 'EWR' : 'JFK', x: i, y: i })));
    const used = async (seed: number) => {
      const report = await run(await fix.model({ add: 5 }), { suite: { ...suite, limit: 40 }, seed, against: null });
      const full = (await fix.report(report.report)) as { worstCases: { row: number; category: string }[] };
      return full.worstCases.map(({ row, category }) => `${category}/${row}`).sort();
    };
    const one = await used(1);
    expect(one).toHaveLength(40);
    expect(one.filter((name) => name.startsWith('JFK'))).toHaveLength(10);
    expect(await used(1)).toEqual(one);
    expect(await used(2)).not.toEqual(one);
  });

  test('without a single labelled case is inconclusive', async () => {
    await cases(rows(5).map((row) => ({ ...row, y: null })));
    const report = await run(await fix.model({}));
    expect(report.verdict).toBe('inconclusive');
  });

  test('may be a CSV file with dates, text beyond ASCII and empty cells', async () => {
    await mkdir(join(fix.context.root, 'eval'));
    const csv = ['x,y,airport,day', '1,2,Zürich,2024-02-29', '2,3,,2024-03-01', '3,,東京,'].join('\n');
    await writeFile(join(fix.context.root, 'eval', 'cases.csv'), csv);
    const report = await run(await fix.model({ add: 1 }), { suite: { ...suite, cases: 'eval/cases.csv' } });
    expect(report.verdict).toBe('pass');
    expect(report.evidence.find(({ metric }) => metric === 'cases without a label')?.value).toBe(1);
    expect(report.evidence.map(({ slice }) => slice)).toEqual(expect.arrayContaining(['Zürich', '(none)']));
  });
});
