import { column, type Distance, table, verdicts } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import { bench } from './testing/judged.ts';

const on = bench();

const x = column('x');
const by: readonly Distance[] = ['ks', 'psi', 'js', 'wasserstein'];
const rules = [
  ...[x.notNull(), x.isNull(), x.unique(), x.between(0, 1), x.between('a', 'b'), x.in([1, true]), x.in(['a'])],
  ...[x.notIn(['a']), x.matches('q'), x.notMatches('.'), x.length(9, 9), x.parseable('date'), x.parseable('json')],
  ...[x.increasing({ strictly: true }), x.decreasing(), x.references('o', 'x'), x.greaterThan('y'), x.equals('x2')],
  ...[table().unique(['x', 'y']), x.type('number'), x.mean(0, 0), x.median(0, 0), x.stdev(0, 0), x.sum(0, 0)],
  ...[x.min(0, 0), x.max('a', 'a'), x.distinctCount(0, 0), x.mostCommonIn(['a']), x.fresh(1, '2013-06-01')],
  ...by.map((distance) => x.distribution(distance, 0.1)),
];

describe('every rule', () => {
  it.each([
    ...["{'a': 1}", '[1.5, 2]', "map {'a': 1}", "'\\xAA'::BLOB", 'uuid()', 'interval 3 days', "time '10:00'"],
    ...["'101'::BIT", '170141183460469231731687303715884105727::HUGEINT', '1.5::DECIMAL(38,10)', "'[1]'::JSON", 'true'],
    ...["'2013-01-01'::TIMESTAMPTZ", "'infinity'::DATE", "'nan'::DOUBLE", "'-inf'::FLOAT", "'a' || chr(0) || 'b'"],
  ])('judges %s or says why it cannot', async (value) => {
    const sql = `select ${value} as x, ${value} as x2, 1 as y from range(3) union all select null, null, 2`;
    const same = await on.dataset(sql);
    const { evidence } = await on.judge(sql, rules, { reference: { data: same }, others: { o: same } });
    expect(evidence).toHaveLength(rules.length);
    for (const row of evidence) {
      expect(verdicts).toContain(row.verdict);
      expect(row.value).not.toBeNaN();
      if (row.verdict === 'error') expect(row.note).toMatch(/^(The|There|"x")/);
    }
  });
});
