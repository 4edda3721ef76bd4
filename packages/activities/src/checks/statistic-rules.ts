import type { Column, Json, Rule } from '@sluice/sdk';
import { twelveDigits } from '../extract/digits.ts';
import { identifier } from '../extract/sql-text.ts';
import { isFloating, isNumber } from './column-types.ts';
import { CannotJudge, type Compiled, type MeasuredValue, type Source } from './compiled.ts';
import { outside } from './constant.ts';
import { compileDistinct } from './grouped-rules.ts';
import { isWithin } from './within.ts';

type StatisticRule = Extract<Rule, { kind: 'statistic' }>;

/** Rows up to which a quantile is taken from memory, in the scan that everything plain shares; beyond, a sort that spills. */
const quantileInMemory = 500_000;

export function compileStatistic(source: Source, column: Column, rule: StatisticRule): Compiled {
  switch (rule.of) {
    case 'distinct':
    case 'distinctShare':
      return compileDistinct(source, column, rule);
    case 'min':
    case 'max':
      return compileEnd(source, column, rule);
    case 'median':
    case 'quantile':
      requireNumbers(column, rule);
      return source.rows > quantileInMemory ? compileSorted(source, column, rule) : compilePlain(source, column, rule);
    default:
      requireNumbers(column, rule);
      return compilePlain(source, column, rule);
  }
}

function requireNumbers({ type }: Column, rule: StatisticRule): void {
  if (!isNumber(type)) throw new CannotJudge(`The column's type is ${type}, which has no ${rule.of}.`);
}

function compilePlain(source: Source, { name, type }: Column, rule: StatisticRule): Compiled {
  const x = identifier(name);
  return {
    from: source.all,
    asks: [`count(${x})`, rule.of === 'stdev' ? endless(x, type) : nans(x, type), aggregate(rule, x, type)],
    measure: ([n, nan, value]) => number(rule, Number(n), Number(nan), value ?? null),
    offenders: null,
  };
}

function aggregate(rule: StatisticRule, x: string, type: string): string {
  switch (rule.of) {
    case 'mean':
      return `avg(${x}::DOUBLE)`;
    case 'stdev':
      // DuckDB refuses the whole query for a single value that is no finite number.
      return `stddev_samp(${x}::DOUBLE)${isFloating(type) ? ` FILTER (isfinite(${x}))` : ''}`;
    case 'sum':
      return `sum(${x})`;
    default:
      return `quantile_cont(${x}::DOUBLE, ${atOf(rule)})`;
  }
}

const atOf = (rule: StatisticRule) => (rule.of === 'median' ? 0.5 : (rule.at ?? 0.5));
const endless = (x: string, type: string) => (isFloating(type) ? `count(${x}) FILTER (NOT isfinite(${x}))` : '0');
const nans = (x: string, type: string) => (isFloating(type) ? `count(*) FILTER (isnan(${x}))` : '0');

/** The two values beside a quantile by a sort, which spills to disk where a quantile's own memory would not. */
function compileSorted(source: Source, { name, type }: Column, rule: StatisticRule): Compiled {
  const x = identifier(name);
  const share = `(${atOf(rule)}::DOUBLE * (n - 1))`;
  const at = (place: string) => `max(v) FILTER (r = ${place}::BIGINT)`;
  return {
    from: `(SELECT v, row_number() OVER (ORDER BY v) - 1 AS r, count(*) OVER () AS n FROM (
      SELECT ${x}::DOUBLE AS v FROM ${source.all} WHERE ${x} IS NOT NULL))`,
    asks: [
      'count(*)',
      isFloating(type) ? 'count(*) FILTER (isnan(v))' : '0',
      at(`floor(${share})`),
      at(`ceil(${share})`),
    ],
    measure: ([all, nan, low, high]) => {
      const n = Number(all);
      const place = atOf(rule) * (n - 1);
      const [lower, upper] = [Number(low), Number(high)];
      const value = n === 0 ? null : lower === upper ? lower : lower + (upper - lower) * (place - Math.floor(place));
      return number(rule, n, Number(nan), value);
    },
    offenders: null,
  };
}

function number(rule: StatisticRule, n: number, nan: number, answer: Json): MeasuredValue {
  if (n === 0) return { kind: 'value', n, value: null, observed: null, keeps: null };
  if (nan > 0) {
    const note = `${nan} of ${n} values are ${rule.of === 'stdev' ? 'no finite number' : 'NaN'}, so there is no ${rule.of}.`;
    return { kind: 'value', n, value: null, observed: null, keeps: false, note };
  }
  // The deviation of a single value is no number and no fault of the data.
  if (answer === null) return { kind: 'value', n, value: null, observed: null, keeps: null };
  const ofOneRow = rule.of === 'median' || rule.of === 'quantile';
  const value = ofOneRow ? Number(answer) : twelveDigits(Number(answer));
  if (!Number.isFinite(value)) {
    const note = `The ${rule.of} is ${answer}.`;
    return { kind: 'value', n, value: null, observed: String(answer), keeps: isWithin(value, rule), note };
  }
  // A quantile is the value of a row, or between two.
  const personal = ofOneRow ? { personal: true } : {};
  return { kind: 'value', n, value, observed: value, keeps: isWithin(value, rule), ...personal };
}

/** The least or greatest value, of any type that has an order. */
function compileEnd(source: Source, { name, type }: Column, rule: StatisticRule): Compiled {
  const x = identifier(name);
  const end = `${rule.of}(${x})`;
  return {
    from: source.all,
    asks: [`count(${x})`, nans(x, type), `left(${end}::VARCHAR, 200)`, outside(end, type, rule)],
    measure: ([all, nan, text, broken]) => {
      const n = Number(all);
      if (n === 0 || Number(nan) > 0) return number(rule, n, Number(nan), null);
      const value = isNumber(type) && Number.isFinite(Number(text)) ? Number(text) : null;
      const note = `The ${rule.of === 'min' ? 'least' : 'greatest'} value is ${text}.`;
      return { kind: 'value', n, value, observed: value ?? text ?? null, keeps: broken !== true, note, personal: true };
    },
    offenders: null,
  };
}
