import type { Check, ColumnCheck, ColumnsCheck, Rule } from '@sluice/sdk';
import { twelveDigits } from '../../extract/digits.ts';

/** A value of a test's table. */
export type Cell = number | string | null;
export type Rows = readonly Readonly<Record<string, Cell>>[];

/** What the naive way of judging finds: counts of a rule on rows, or the number that all values have together. */
export type Naive =
  | { readonly n: number; readonly unexpected: readonly number[] }
  | { readonly n: number; readonly value: number | null; readonly keeps: boolean | null };

/** Judges one check row by row, in memory, with nothing but loops: what the engine is held against. */
export function judgeNaively(rows: Rows, check: Check): Naive {
  if ('columns' in check) return ofColumns(rows, check);
  if ('column' in check) return ofColumn(rows, check);
  const { rule } = check;
  if (rule.kind === 'rows') return { n: rows.length, value: rows.length, keeps: within(rows.length, rule) };
  throw new Error(`nothing naive for ${rule.kind}`);
}

interface Ends {
  readonly min: number | string | null;
  readonly max: number | string | null;
  readonly strict?: string;
}

function within(value: number | string, { min, max, strict }: Ends): boolean {
  if (Number.isNaN(value)) return false;
  const [a, b] = [min === null ? 1 : order(value, min), max === null ? -1 : order(value, max)];
  return (
    (a > 0 || (a === 0 && strict !== 'min' && strict !== 'both')) &&
    (b < 0 || (b === 0 && strict !== 'max' && strict !== 'both'))
  );
}

/** Texts by their bytes in UTF-8. */
function order(a: number | string, b: number | string): number {
  if (typeof a === 'string' || typeof b === 'string')
    return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
  return Number(a > b) - Number(a < b);
}

function ofColumn(rows: Rows, { column, rule }: ColumnCheck): Naive {
  const cells = rows.map((row) => row[column] ?? null);
  const there = [...cells.keys()].filter((index) => cells[index] !== null);
  const values = there.map((index) => cells[index] as number | string);
  const broken = (breaks: (value: number | string, place: number) => boolean): Naive => ({
    n: there.length,
    unexpected: there.filter((_, place) => breaks(values[place] as number | string, place)),
  });
  switch (rule.kind) {
    case 'notNull':
      return { n: rows.length, unexpected: [...cells.keys()].filter((index) => cells[index] === null) };
    case 'null':
      return { n: rows.length, unexpected: there };
    case 'unique':
      return broken((value) => values.filter((other) => Object.is(other, value)).length > 1);
    case 'between':
      return broken((value) => !within(value, rule));
    case 'in':
      return broken((value) => !rule.values.includes(value));
    case 'notIn':
      return broken((value) => rule.values.includes(value));
    case 'matches':
      return broken((value) => !new RegExp(rule.pattern, 'u').test(String(value)));
    case 'length':
      return broken((value) => !within([...String(value)].length, rule));
    case 'ordered':
      return broken((value, place) => {
        const before = values[place - 1];
        if (Number.isNaN(value)) return true;
        if (before === undefined || Number.isNaN(before)) return false;
        const step = rule.direction === 'increasing' ? order(value, before) : order(before, value);
        return rule.strictly ? step <= 0 : step < 0;
      });
    case 'statistic':
      return statistic(values, rule);
    case 'mostCommon': {
      const counts = [...new Set(values)].map((value) => ({
        value,
        k: values.filter((one) => Object.is(one, value)).length,
      }));
      const most = Math.max(0, ...counts.map(({ k }) => k));
      const modes = counts.filter(({ k }) => k === most).map(({ value }) => value);
      const inside = modes.filter((mode) => rule.values.includes(mode)).length;
      const keeps = rule.ties === true ? inside > 0 : modes.length === 1 && inside === 1;
      return {
        n: values.length,
        value: values.length === 0 ? null : most / values.length,
        keeps: values.length === 0 ? null : keeps,
      };
    }
    default:
      throw new Error(`nothing naive for ${rule.kind}`);
  }
}

function statistic(values: readonly (number | string)[], rule: Extract<Rule, { kind: 'statistic' }>): Naive {
  const n = values.length;
  if (n === 0) return { n, value: null, keeps: null };
  const different = new Set(values).size;
  if (rule.of === 'distinct') return { n, value: different, keeps: within(different, rule) };
  if (rule.of === 'distinctShare') return { n, value: different / n, keeps: within(different / n, rule) };
  const numbers = values as readonly number[];
  const unfit = rule.of === 'stdev' ? numbers.some((one) => !Number.isFinite(one)) : numbers.some(Number.isNaN);
  if (unfit) return { n, value: null, keeps: false };
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (n - 1);
    const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
    return low === high ? low : low + (high - low) * (place - Math.floor(place));
  };
  const sum = numbers.reduce((all, one) => all + one, 0);
  const mean = sum / n;
  const values_ = {
    mean,
    sum,
    median: at(0.5),
    quantile: at(rule.at ?? 0.5),
    min: sorted[0] ?? null,
    max: sorted.at(-1) ?? null,
    stdev: n === 1 ? null : Math.sqrt(numbers.reduce((all, one) => all + (one - mean) ** 2, 0) / (n - 1)),
  };
  const exact = values_[rule.of];
  // Summed in another order, -3, 1, 1, -5 deviate by 3.0000000000000004.
  const summed = rule.of === 'mean' || rule.of === 'sum' || rule.of === 'stdev';
  const value = summed && exact !== null ? twelveDigits(exact) : exact;
  if (value === null) return { n, value, keeps: null };
  return { n, value: Number.isFinite(value) ? value : null, keeps: within(value, rule) };
}

function ofColumns(rows: Rows, { columns, rule }: ColumnsCheck): Naive {
  const [a = '', b = ''] = columns;
  if (rule.kind === 'unique') {
    const counted = [...rows.keys()].filter((index) => columns.some((name) => rows[index]?.[name] !== null));
    const key = (index: number) =>
      JSON.stringify(columns.map((name) => String(rows[index]?.[name]) + typeof rows[index]?.[name]));
    const keys = counted.map(key);
    return {
      n: counted.length,
      unexpected: counted.filter((index) => keys.filter((one) => one === key(index)).length > 1),
    };
  }
  const nulls = (index: number) => [rows[index]?.[a], rows[index]?.[b]].filter((cell) => cell === null).length;
  const most = { either: 0, both: 1, none: 2 }[rule.missing ?? 'either'];
  const counted = [...rows.keys()].filter((index) => nulls(index) <= most);
  const keeps = (index: number) => {
    const [x, y] = [rows[index]?.[a] ?? null, rows[index]?.[b] ?? null];
    if (x === null || y === null || Number.isNaN(x) || Number.isNaN(y)) return false;
    const step = order(x, y);
    return rule.kind === 'equal' ? step === 0 : rule.orEqual ? step >= 0 : step > 0;
  };
  return { n: counted.length, unexpected: counted.filter((index) => !keeps(index)) };
}
