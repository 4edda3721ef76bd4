import { type Check, column, table } from '@sluice/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { literal } from '../extract/sql-text.ts';
import { bench } from './testing/judged.ts';
import { type Cell, judgeNaively, type Rows } from './testing/naive.ts';

const on = bench();

const words = ['', 'a', 'b', 'Ä', 'é', '世界', '🦊', "it's", '%', 'A1', ' '];
const whole = fc.option(fc.integer({ min: -5, max: 5 }), { freq: 5 });
const real = fc.option(
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(-2.5, -1, 0, 0.1, 0.25, 1, 1.5, 3) },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
  ),
  { freq: 5 },
);
const text = fc.option(fc.constantFrom(...words), { freq: 5 });
const rowsArbitrary = fc.array(fc.record({ i: whole, j: whole, d: real, s: text }), { maxLength: 12 });

const ends = (low: number, high: number) =>
  fc
    .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const strict = fc.constantFrom({}, { strict: 'min' as const }, { strict: 'max' as const }, { strict: 'both' as const });
const share = fc.constantFrom(1, 0.9, 0.5, 1 / 3);
const number = fc.constantFrom('i', 'd');
const any = fc.constantFrom('i', 'd', 's');
const missing = fc.constantFrom('either' as const, 'both' as const, 'none' as const);

const checkArbitrary: fc.Arbitrary<Check> = fc.oneof(
  fc.tuple(any, share).map(([name, most]) => column(name).notNull().mostly(most)),
  any.map((name) => column(name).isNull()),
  fc.tuple(any, share).map(([name, most]) => column(name).unique().mostly(most)),
  fc
    .tuple(number, ends(-5, 5), strict, share)
    .map(([name, [a, b], how, most]) => column(name).between(a, b, how).mostly(most)),
  fc.tuple(number, fc.integer({ min: -5, max: 5 })).map(([name, a]) => column(name).between(a, null)),
  fc.tuple(fc.constantFrom(...words.slice(1)), strict).map(([a, how]) => column('s').between(null, a, how)),
  fc.tuple(number, fc.subarray([-1, 0, 1, 3], { minLength: 1 })).map(([name, values]) => column(name).in(values)),
  fc.subarray(words, { minLength: 1 }).map((values) => column('s').notIn(values)),
  fc.constantFrom('^.$', '[a-z]', '\\d', '世').map((pattern) => column('s').matches(pattern)),
  ends(0, 3).map(([a, b]) => column('s').length(a, b)),
  fc.tuple(any, fc.boolean()).map(([name, strictly]) => column(name).increasing({ strictly })),
  fc.tuple(any, fc.boolean()).map(([name, strictly]) => column(name).decreasing({ strictly })),
  fc.tuple(number, ends(-3, 3), strict).map(([name, [a, b], how]) => column(name).mean(a, b, how)),
  fc.tuple(number, ends(-3, 3)).map(([name, [a, b]]) => column(name).median(a, b)),
  fc
    .tuple(number, fc.constantFrom(0, 0.1, 0.25, 0.9, 1), ends(-3, 3))
    .map(([name, at, [a, b]]) => column(name).quantile(at, a, b)),
  fc.tuple(number, ends(0, 4)).map(([name, [a, b]]) => column(name).stdev(a, b)),
  fc.tuple(number, ends(-9, 9)).map(([name, [a, b]]) => column(name).sum(a, b)),
  fc.tuple(number, ends(-5, 5), strict).map(([name, [a, b], how]) => column(name).min(a, b, how)),
  fc.tuple(number, ends(-5, 5)).map(([name, [a, b]]) => column(name).max(a, b)),
  fc.tuple(any, ends(0, 6)).map(([name, [a, b]]) => column(name).distinctCount(a, b)),
  any.map((name) => column(name).distinctShare(0.5, 1)),
  fc
    .tuple(fc.subarray(words, { minLength: 1 }), fc.boolean())
    .map(([values, ties]) => column('s').mostCommonIn(values, { ties })),
  fc
    .tuple(fc.constantFrom(['i', 'j'], ['i', 'd'], ['d', 'i']), missing, fc.nat(2))
    .map(([[a = '', b = ''], none, which]) => {
      const one = column(a);
      if (which === 0) return one.equals(b, { missing: none });
      return which === 1 ? one.greaterThan(b, { missing: none }) : one.atLeast(b, { missing: none });
    }),
  fc.subarray(['i', 'j', 'd', 's'], { minLength: 2 }).map((names) => table().unique(names)),
  ends(0, 9).map(([a, b]) => table().rows(a, b)),
);

function sqlOf(rows: Rows): string {
  const types = { i: 'INTEGER', j: 'INTEGER', d: 'DOUBLE', s: 'VARCHAR' };
  const cell = (value: Cell, type: string) => (value === null ? `NULL::${type}` : `${literal(String(value))}::${type}`);
  const entries = Object.entries(types);
  const one = (row: Rows[number]) =>
    `SELECT ${entries.map(([name, type]) => `${cell(row[name] ?? null, type)} AS ${name}`)}`;
  if (rows.length === 0) return `${one({})} WHERE false`;
  return rows.map(one).join(' UNION ALL ');
}

describe('the verdicts of random suites on random small tables', () => {
  it('are those of loops over the rows, with nulls, NaN, infinities, Unicode, one row and none', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary,
        fc.array(checkArbitrary, { minLength: 1, maxLength: 12 }),
        async (rows, checks) => {
          const { results } = await on.judge(sqlOf(rows), checks);
          for (const [index, check] of checks.entries()) {
            const naive = judgeNaively(rows, check);
            const found = results.results[index];
            const about = JSON.stringify(check);
            if ('unexpected' in naive) {
              const { n, unexpected } = naive;
              expect({ about, success: found?.success, ...found?.result }).toMatchObject({
                about,
                success: n === 0 ? null : (n - unexpected.length) / n >= check.share,
                unexpected_count: unexpected.length,
                partial_unexpected_index_list: unexpected,
              });
            } else {
              expect({ about, success: found?.success }).toEqual({ about, success: naive.keeps });
              const observed = found?.result && 'observed_value' in found.result ? found.result.observed_value : null;
              if (naive.value !== null && typeof observed === 'number') expect(observed).toBeCloseTo(naive.value, 9);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  }, 180_000);
});
