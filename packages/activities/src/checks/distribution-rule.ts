import type { Column, Json, Rule } from '@sluice/sdk';
import { twelveDigits } from '../extract/digits.ts';
import type { ColumnProfile } from '../extract/profile.ts';
import { identifier } from '../extract/sql-text.ts';
import { isNumber } from './column-types.ts';
import { type Beside, CannotJudge, type Compiled, type MeasuredValue, type Other, type Source } from './compiled.ts';
import { jensenShannon, kolmogorovSmirnov, psi, wasserstein } from './distances.ts';
import { numberBins, spansOf, wordBins } from './frozen-bins.ts';
import { namesOf } from './names.ts';

type Distribution = Extract<Rule, { kind: 'distribution' }>;

/** A column against the same column of the reference: over frozen bins, or value by value where there are both datasets. */
export function compileDistribution(
  source: Source,
  column: Column,
  rule: Distribution,
  { reference }: Beside,
): Compiled {
  const byValue = rule.by === 'ks' || rule.by === 'wasserstein';
  const data = reference?.data;
  if (byValue && !isNumber(column.type)) {
    throw new CannotJudge(
      `The column's type is ${column.type}; ${rule.by} is for numbers, psi and js are for texts too.`,
    );
  }
  const before = data?.columns.find(({ name }) => name === column.name);
  if (byValue && data !== undefined && before !== undefined) {
    if (isNumber(before.type)) return compileExact(source, data, column, rule);
    throw new CannotJudge(`The reference's column "${column.name}" is of the type ${before.type}, and not of numbers.`);
  }
  const columns = reference?.profile?.columns ?? [];
  const profile = columns.find(({ name }) => name === column.name);
  if (profile === undefined) {
    const why = reference === undefined ? 'There is no reference' : `The reference has no column "${column.name}"`;
    throw new CannotJudge(`${why}${columns.length === 0 ? '' : `; there are ${namesOf(columns)}`}.`);
  }
  return compileBinned(source, column, rule, profile);
}

/** Both empirical distribution functions, side by side, in one sort of both. */
function compileExact(source: Source, { source: before }: Other, { name }: Column, rule: Distribution): Compiled {
  const x = `${identifier(name)}::DOUBLE`;
  const all = `SELECT ${x} AS v, 0 AS r, 1 AS c FROM ${source.all} WHERE ${identifier(name)} IS NOT NULL
    UNION ALL SELECT ${x}, 1, 0 FROM ${before.all} WHERE ${identifier(name)} IS NOT NULL`;
  const mean = `(SELECT avg(${x}) FROM ${before.all} WHERE isfinite(${x}))`;
  return {
    from: `(SELECT v, r, c, sum(r) OVER upto AS fr, sum(c) OVER upto AS fc, sum(r) OVER () AS nr, sum(c) OVER () AS nc,
      lead(v) OVER (ORDER BY v) AS next FROM (SELECT v, sum(r) AS r, sum(c) AS c FROM (${all}) GROUP BY v)
      WINDOW upto AS (ORDER BY v))`,
    asks: [
      'coalesce(sum(r), 0)::BIGINT',
      'coalesce(sum(c), 0)::BIGINT',
      'coalesce(sum(r + c) FILTER (NOT isfinite(v)), 0)::BIGINT',
      'max(abs(fr / nr - fc / nc))',
      'sum(abs(fr / nr - fc / nc) * (next - v)) FILTER (isfinite(v) AND isfinite(next))',
      `sqrt(sum(r * pow(v - ${mean}, 2)) FILTER (isfinite(v)) / (sum(r) - 1))`,
    ],
    measure: (answers) => exactly(rule, answers),
    offenders: null,
  };
}

function exactly(rule: Distribution, answers: readonly Json[]): MeasuredValue {
  const [reference = 0, n = 0, strange = 0, ks = 0, area = 0, sd = 0] = answers.map(Number);
  return judged(rule, { reference, n, strange, binning: 'value by value' }, () =>
    // An endless deviation would make every distance 0.
    rule.by === 'ks' ? ks : Number.isFinite(sd) ? twelveDigits(area / Math.max(sd, leastDeviation)) : Number.NaN,
  );
}

/** Below it, a deviation counts as this much: Evidently's, so that a constant column does not divide by nothing. */
const leastDeviation = 0.001;

interface About {
  readonly reference: number;
  readonly n: number;
  /** Values that are no finite number, which have no Wasserstein distance. */
  readonly strange: number;
  readonly binning: string;
}

function judged(rule: Distribution, { reference, n, strange, binning }: About, distance: () => number): MeasuredValue {
  const base = { kind: 'value', n, baseline: null } as const;
  if (n === 0 || reference === 0) {
    const note = `There is no value in the ${n === 0 ? 'column' : "reference's column"}.`;
    return { ...base, value: null, observed: null, keeps: null, note };
  }
  if (rule.by === 'wasserstein' && strange > 0) {
    const note = `${strange} values are no finite numbers, so there is no Wasserstein distance.`;
    return { ...base, value: null, observed: null, keeps: false, note };
  }
  const value = distance();
  if (!Number.isFinite(value)) {
    const note = 'The values are too large to measure the distance.';
    return { ...base, value: null, observed: null, keeps: false, note };
  }
  const unit = rule.by === 'wasserstein' ? ", in the reference's standard deviations" : '';
  const note = `${n} values against ${reference}, ${binning}${unit}.`;
  return { ...base, value, observed: value, keeps: value <= rule.most, note };
}

function compileBinned(source: Source, column: Column, rule: Distribution, profile: ColumnProfile): Compiled {
  const x = identifier(column.name);
  const bins = isNumber(column.type) ? numberBins(column, profile) : wordBins(column, profile);
  const ends = isNumber(column.type)
    ? [
        `min(${x}::DOUBLE) FILTER (isfinite(${x}::DOUBLE))`,
        `max(${x}::DOUBLE) FILTER (isfinite(${x}::DOUBLE))`,
        `count(${x}) FILTER (NOT isfinite(${x}::DOUBLE))`,
      ]
    : [];
  return {
    from: source.all,
    asks: [`count(${x})`, ...bins.asks, ...ends],
    measure: ([all, ...answers]) => {
      const counts = bins.counts(answers);
      const [low, high, strange = 0] = answers.slice(bins.asks.length).map(Number);
      const about = { reference: profile.count, n: Number(all), strange: strangeIn(profile) + Number(strange) };
      return judged(rule, { ...about, binning: bins.name }, () => {
        switch (rule.by) {
          case 'psi':
            return psi(bins.reference, counts);
          case 'js':
            return jensenShannon(bins.reference, counts);
          case 'ks':
            return kolmogorovSmirnov(bins.reference, counts);
          case 'wasserstein': {
            const spans = spansOf(profile, low, high);
            const sd = Math.max(profile.sd ?? 0, leastDeviation);
            return wasserstein(spans, bins.reference.slice(0, -1), counts.slice(0, -1)) / sd;
          }
        }
      });
    },
    offenders: null,
  };
}

const strangeIn = ({ notFinite }: ColumnProfile) =>
  notFinite === null ? 0 : notFinite.nan + notFinite.infinity + notFinite.negativeInfinity;
