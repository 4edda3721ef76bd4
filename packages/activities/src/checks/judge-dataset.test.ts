import { type Check, column, type Evidence } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestProject, testProject } from '../extract/testing/project.ts';

let project: TestProject;

beforeAll(async () => {
  project = await testProject();
});

afterAll(async () => {
  await project.remove();
});

/** The one row of evidence of a check on a list of values, `(1), (null)`. */
async function judge(values: string, check: Check): Promise<Evidence | undefined> {
  const { evidence } = await project.extract(`select x from (values ${values}) t(x)`, { checks: [check] });
  expect(evidence).toHaveLength(1);
  return evidence[0];
}

describe('a check', () => {
  it('passes when every row keeps the rule', async () => {
    expect(await judge('(1), (2)', column('x').notNull())).toEqual({
      metric: 'not null',
      slice: 'x',
      threshold: '>= 1',
      verdict: 'pass',
      value: 1,
      n: 2,
    });
  });

  it('fails with the share that keeps the rule and the values that do not', async () => {
    expect(await judge('(1), (5000), (-130), (5000), (null)', column('x').between(-120, 1500))).toEqual({
      metric: 'between -120 and 1500',
      slice: 'x',
      threshold: '>= 1',
      verdict: 'fail',
      value: 0.25,
      n: 4,
      note: '3 of 4 unexpected: 5000 (2 times), -130.',
    });
  });

  it('passes at exactly the share it asks for', async () => {
    const values = Array.from({ length: 1000 }, (_, i) => `(${i === 0 ? -1 : i})`).join();
    expect(await judge(values, column('x').between(0, null).mostly(0.999))).toMatchObject({
      verdict: 'pass',
      value: 0.999,
      threshold: '>= 0.999',
    });
    expect(await judge(values, column('x').between(2, null).mostly(0.999))).toMatchObject({
      verdict: 'fail',
      value: 0.998,
    });
  });

  it('counts nulls only for notNull', async () => {
    expect(await judge('(1), (null), (null), (null)', column('x').notNull())).toMatchObject({
      verdict: 'fail',
      value: 0.25,
      n: 4,
      note: '3 of 4 unexpected: null.',
    });
    expect(await judge('(1), (null)', column('x').in([1]))).toMatchObject({ verdict: 'pass', n: 1 });
  });

  it('counts every row of a value that comes twice', async () => {
    expect(await judge("('a'), ('a'), ('b'), (null), (null)", column('x').unique())).toMatchObject({
      verdict: 'fail',
      n: 3,
      value: 1 / 3,
      note: '2 of 3 unexpected: a (2 times).',
    });
    expect(await judge('(1), (2), (null)', column('x').unique())).toMatchObject({ verdict: 'pass', n: 2 });
  });

  it('includes both ends of a range, and takes dates as text', async () => {
    expect(await judge('(1.5), (2.5)', column('x').between(1.5, 2.5))).toMatchObject({ verdict: 'pass' });
    const dates = "(date '2013-01-01'), (date '2013-12-31'), (date '2014-01-01')";
    expect(await judge(dates, column('x').between('2013-01-01', '2013-12-31'))).toMatchObject({
      verdict: 'fail',
      note: '1 of 3 unexpected: 2014-01-01.',
    });
    expect(await judge("('b'), ('d')", column('x').between('a', 'c'))).toMatchObject({ verdict: 'fail', value: 0.5 });
  });

  it('finds NaN outside of every range', async () => {
    expect(await judge("('nan'::double), (1)", column('x').between(0, 1))).toMatchObject({
      verdict: 'fail',
      value: 0.5,
    });
  });

  it.each([
    ['double', column('x').between(0, null)],
    ['float', column('x').between(0, null)],
    ['double', column('x').between(null, 1500)],
    ['double', column('x').between('0', null)],
  ] as const)('finds NaN of the type %s outside of a range with one end', async (type, check) => {
    expect(await judge(`('nan'::${type}), (1::${type}), (null)`, check)).toMatchObject({
      verdict: 'fail',
      value: 0.5,
      n: 2,
      note: '1 of 2 unexpected: nan.',
    });
  });

  it.each(['nan', 'Infinity', '-inf'])('cannot compare with the text %s beside numbers', async (end) => {
    expect(await judge('(1.5::double)', column('x').between(end, null))).toMatchObject({
      verdict: 'error',
      note: expect.stringContaining('is no number to compare with'),
    });
  });

  it('compares whole numbers with fractions and does not round', async () => {
    expect(await judge('(1), (2)', column('x').in([1.5, 2]))).toMatchObject({ verdict: 'fail', value: 0.5 });
    expect(await judge('(1), (2)', column('x').between(1.5, null))).toMatchObject({ verdict: 'fail', value: 0.5 });
    expect(await judge('(true), (false)', column('x').in([true]))).toMatchObject({ verdict: 'fail', value: 0.5 });
  });

  it('matches regular expressions anywhere in a value, in RE2 syntax', async () => {
    expect(await judge("('N123'), ('X1'), ('it''s N5')", column('x').matches('N\\d+'))).toMatchObject({ value: 2 / 3 });
    expect(await judge('(123), (45)', column('x').matches('^\\d{3}$'))).toMatchObject({ value: 0.5 });
    expect(await judge("('a')", column('x').matches('('))).toMatchObject({
      verdict: 'error',
      note: expect.stringContaining('missing )'),
    });
  });

  it('lists at most twenty unexpected values', async () => {
    const row = await judge(Array.from({ length: 100 }, (_, i) => `('v${i}')`).join(), column('x').in(['other']));
    expect(row?.note?.match(/v\d+/g)).toHaveLength(20);
    expect(row?.note).toMatch(/, …$/);
  });

  it('is an error on a column that is not there, with the names that are', async () => {
    const { evidence, verdict } = await project.extract('select 1 as Ankunft, 2 as "dep delay"', {
      checks: [column('arrival').notNull()],
    });
    expect(verdict).toBe('error');
    expect(evidence[0]).toMatchObject({
      verdict: 'error',
      slice: 'arrival',
      value: null,
      n: null,
      note: 'There is no column "arrival"; there are "Ankunft", "dep delay".',
    });
  });

  it('is an error when its bounds are not of the column’s type', async () => {
    expect(await judge("('a')", column('x').between(0, 1))).toMatchObject({
      verdict: 'error',
      note: expect.stringContaining('0 is not text'),
    });
    expect(await judge('(1)', column('x').between('low', null))).toMatchObject({
      verdict: 'error',
      note: expect.stringContaining('INTEGER'),
    });
    expect(await judge("(date '2013-01-01')", column('x').between(0, 1))).toMatchObject({ verdict: 'error' });
    expect(await judge('([1])', column('x').in([1]))).toMatchObject({ verdict: 'error' });
  });

  it('is inconclusive without a value to judge', async () => {
    expect(await judge('(null::int), (null)', column('x').between(0, 1))).toMatchObject({
      verdict: 'inconclusive',
      value: null,
      n: 0,
    });
    const { evidence, verdict } = await project.extract('select 1 as x where false', {
      checks: [column('x').notNull()],
    });
    expect(verdict).toBe('inconclusive');
    expect(evidence.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive']);
  });

  it('takes any text as a value without running it', async () => {
    const nasty = "'); drop table x; --";
    expect(await judge('(1)', column(nasty).notNull())).toMatchObject({ verdict: 'error' });
    expect(await judge("('a')", column('x').in([nasty]))).toMatchObject({ verdict: 'fail' });
    expect(await judge("('a')", column('x').matches("'"))).toMatchObject({ verdict: 'fail' });
    expect(await judge("('a')", { column: 'x', rule: { kind: 'in', values: [] }, share: 1 })).toMatchObject({
      verdict: 'fail',
    });
  });
});

describe('the verdict of an extract', () => {
  it('is the worst of its checks, and its evidence begins with the worst', async () => {
    const { verdict, evidence } = await project.extract('select i as x, null::int as e from range(10) t(i)', {
      checks: [
        column('x').notNull(),
        column('e').unique(),
        column('x').in([0]),
        column('nope').notNull(),
        column('x').between(0, 4),
      ],
    });
    expect(verdict).toBe('fail');
    expect(evidence.map(({ verdict, value }) => [verdict, value])).toEqual([
      ['fail', 0.1],
      ['fail', 0.5],
      ['error', null],
      ['inconclusive', null],
      ['pass', 1],
    ]);
  });

  it('shows twenty rows and keeps all of them in the profile', async () => {
    const dataset = await project.extract('select 1 as x', { checks: Array(30).fill(column('x').notNull()) });
    expect(dataset.evidence).toHaveLength(20);
    expect((await project.profile(dataset)).checks).toHaveLength(30);
  });
});

describe('a masked column', () => {
  it('leaves no value in dataset or profile, and is described by counts all the same', async () => {
    const dataset = await project.extract("select x, 1 as y from (values ('zoe@example.org'), ('bob'), (null)) t(x)", {
      checks: [column('x').matches('@').masked(), column('y').notNull()],
    });
    const profile = await project.profile(dataset);
    expect(JSON.stringify({ dataset, profile })).not.toMatch(/zoe|bob/);
    expect(profile.columns[0]).toMatchObject({ count: 2, nulls: 1, distinct: 2, top: null, examples: [] });
    expect(profile.columns[1]).toMatchObject({ min: 1, max: 1 });
    expect(profile.results?.results[0]?.result).toMatchObject({ partial_unexpected_index_list: [1] });
  });
});
