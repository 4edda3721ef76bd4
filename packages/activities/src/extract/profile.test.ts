import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestProject, testProject } from './testing/project.ts';

let project: TestProject;

beforeAll(async () => {
  project = await testProject();
});

afterAll(async () => {
  await project.remove();
});

describe('the profile of a column', () => {
  it('has counts, ends, moments and quantiles of numbers', async () => {
    // 1…100: mean 50.5, sd sqrt(101 * 100 / 12); quantiles interpolate between ranks, 1 + 99 p
    const column = await project.column('select i::int as x from range(1, 101) t(i) union all select null');
    expect(column).toMatchObject({
      name: 'x',
      type: 'INTEGER',
      kind: 'number',
      count: 100,
      nulls: 1,
      distinct: 100,
      distinctExact: true,
      min: 1,
      max: 100,
      mean: 50.5,
      notFinite: null,
      quantileRows: 100,
      top: null,
    });
    expect(column.sd).toBeCloseTo(Math.sqrt(10100 / 12), 9);
    expect(column.quantiles?.p05).toBeCloseTo(5.95, 9);
    expect(column.quantiles?.p50).toBeCloseTo(50.5, 9);
    expect(column.quantiles?.p99).toBeCloseTo(99.01, 9);
    expect(column.histogram?.edges).toHaveLength(21);
    expect(column.histogram?.edges[0]).toBe(1);
    expect(column.histogram?.edges.at(-1)).toBe(100);
    expect(column.histogram?.counts).toEqual([0, 4, ...Array(18).fill(5), 6, 0]);
  });

  it('gives each of a few different values a bin of its own', async () => {
    const column = await project.column('select (i % 12 + 1)::int as x from range(120) t(i)');
    expect(column.histogram).toEqual({
      edges: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12],
      counts: [0, ...Array(12).fill(10), 0],
    });
    const constant = await project.column('select 7 as x from range(3)');
    expect(constant.histogram).toEqual({ edges: [7, 7], counts: [0, 3, 0] });
    expect(constant).toMatchObject({ sd: 0, mean: 7 });
  });

  it('keeps a spike at the greatest value in a bin of its own', async () => {
    const column = await project.column('select least(i, 500)::double as x from range(1000) t(i)');
    const { edges, counts } = column.histogram ?? { edges: [], counts: [] };
    expect(edges.slice(-2)).toEqual([500, 500]);
    expect(counts.at(-2)).toBe(500);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(1000);
  });

  it('counts NaN and the infinities apart and keeps them out of everything else', async () => {
    const column = await project.column(
      "select x::double as x from (values ('nan'), ('nan'), ('inf'), ('-inf'), ('1'), ('3'), (null)) t(x)",
    );
    expect(column).toMatchObject({
      count: 6,
      nulls: 1,
      min: 1,
      max: 3,
      mean: 2,
      sd: Number(Math.SQRT2.toPrecision(12)),
      notFinite: { nan: 2, infinity: 1, negativeInfinity: 1 },
      histogram: { edges: [1, 3, 3], counts: [0, 1, 1, 0] },
    });
    const none = await project.column("select 'nan'::float as x");
    expect(none).toMatchObject({
      count: 1,
      min: null,
      max: null,
      mean: null,
      sd: null,
      quantiles: null,
      histogram: null,
    });
  });

  it('stays valid JSON where sums overflow', async () => {
    const column = await project.column('select x::double as x from (values (1.7e308), (1.7e308), (-1.7e308)) t(x)');
    expect(column).toMatchObject({ min: -1.7e308, max: 1.7e308, sd: null });
  });

  it('keeps every digit of the ends of big integers and decimals', async () => {
    expect(await project.column('select 9007199254740993::bigint as x')).toMatchObject({ min: '9007199254740993' });
    expect(await project.column('select 12345678901234567890.12::decimal(38, 2) as x')).toMatchObject({
      type: 'DECIMAL(38,2)',
      kind: 'number',
      max: '12345678901234567890.12',
    });
    expect(await project.column('select 1.50::decimal(10, 2) as x')).toMatchObject({ min: 1.5, max: 1.5, mean: 1.5 });
    expect(await project.column('select 170141183460469231731687303715884105727::hugeint as x')).toMatchObject({
      type: 'DOUBLE',
      max: 1.7014118346046923e38,
    });
  });

  it('has the most frequent values of text, cut to 200 characters', async () => {
    const column = await project.column(
      "select x from (values ('b'), ('a'), ('b'), (''), (null), ('世界'), (repeat('é', 300)), ('it''s')) t(x)",
    );
    expect(column).toMatchObject({
      kind: 'text',
      count: 7,
      nulls: 1,
      distinct: 6,
      min: '',
      histogram: null,
      mean: null,
    });
    expect(column.top?.slice(0, 3)).toEqual([
      { value: 'b', count: 2 },
      { value: '', count: 1 },
      { value: 'a', count: 1 },
    ]);
    expect(column.top?.map(({ value }) => value)).toContain('é'.repeat(200));
    const many = await project.column("select 'v' || i as x from range(1000) t(i)");
    expect(many.top).toHaveLength(20);
    expect(many.examples).toEqual(['v0', 'v1', 'v2', 'v3', 'v4']);
  });

  it('counts true and false', async () => {
    expect((await project.column('select i % 3 = 0 as x from range(9) t(i)')).top).toEqual([
      { value: 'false', count: 6 },
      { value: 'true', count: 3 },
    ]);
  });

  it('gives dates and timestamps as text, in UTC', async () => {
    expect(await project.column("select date '2013-06-30' as x")).toMatchObject({ kind: 'time', min: '2013-06-30' });
    expect(await project.column("select timestamptz '2020-01-01 12:00:00+02' as x")).toMatchObject({
      kind: 'time',
      type: 'TIMESTAMP WITH TIME ZONE',
      max: '2020-01-01 10:00:00+00',
    });
    expect(await project.column("select timestamp_ns '2020-01-01 00:00:00.123456789' as x")).toMatchObject({
      kind: 'time',
    });
  });

  it.each([
    '[1, 2, null]',
    "{'a': 1, 'b': [1.5]}",
    "map {'k': 1}",
    "'a\\x00b'::blob",
    'interval 3 days',
    '[]::int[]',
    "uuid '00000000-0000-0000-0000-000000000001'",
    '\'{"a": [1]}\'::json',
    "'x'::enum('x', 'y')",
    "'101'::bit",
    "time '10:00'",
  ])('describes %s by counts and examples', async (value) => {
    expect(
      await project.column(`select * from (select ${value} as x union all select null) order by x nulls last`),
    ).toMatchObject({ count: 1, nulls: 1, distinct: 1, histogram: null });
  });

  it('describes a column that is null throughout, and one without rows', async () => {
    expect(await project.column('select null::double as x')).toMatchObject({
      count: 0,
      nulls: 1,
      distinct: 0,
      min: null,
      histogram: null,
      examples: [],
    });
    expect(await project.column("select 'a' as x where false")).toMatchObject({
      count: 0,
      nulls: 0,
      top: [],
      examples: [],
    });
  });

  it('takes quantiles of more than a million rows from every second one, and counts all', async () => {
    const column = await project.column('select i::double as x from range(1500000) t(i)');
    expect(column).toMatchObject({
      count: 1_500_000,
      distinctExact: false,
      quantileRows: 750_000,
      min: 0,
      max: 1_499_999,
    });
    expect(column.histogram?.counts.reduce((a, b) => a + b, 0)).toBe(1_500_000);
    expect(Math.abs((column.quantiles?.p50 ?? 0) - 750_000)).toBeLessThan(3);
    expect(Math.abs(column.distinct / 1_500_000 - 1)).toBeLessThan(0.4);
  }, 20_000);
});
