import type { Column, TableRule } from '@sluice/sdk';
import { type Beside, CannotJudge, type Compiled, type MeasuredValue, type Source } from './compiled.ts';
import { isWithin } from './within.ts';

/** Rules on the table: what the file says of itself answers them, and no row is read. */
export function compileTableRule(
  source: Source,
  columns: readonly Column[],
  rule: TableRule,
  { reference }: Beside,
): Compiled {
  return { from: null, asks: [], measure: () => measured(source, columns, rule, reference), offenders: null };
}

function measured(
  source: Source,
  columns: readonly Column[],
  rule: TableRule,
  reference: Beside['reference'],
): MeasuredValue {
  const found = columns.map(({ name }) => name);
  switch (rule.kind) {
    case 'rows': {
      const n = source.rows;
      return { kind: 'value', n, value: n, observed: n, keeps: isWithin(n, rule) };
    }
    case 'rowsRatio': {
      const before = reference?.data?.source.rows ?? reference?.profile?.rows;
      if (before === undefined) throw new CannotJudge('There is no reference dataset to count the rows of.');
      const n = source.rows;
      if (before === 0) {
        const note = 'The reference has no rows.';
        return { kind: 'value', n, value: null, observed: null, keeps: null, baseline: 0, note };
      }
      const value = n / before;
      const note = `${n} rows, and ${before} in the reference.`;
      return { kind: 'value', n, value, observed: value, keeps: isWithin(value, rule), baseline: before, note };
    }
    case 'columnCount':
      return {
        kind: 'value',
        n: null,
        value: found.length,
        observed: found.length,
        keeps: isWithin(found.length, rule),
      };
    case 'columns':
      return columnsOf(found, rule);
  }
}

function columnsOf(found: readonly string[], rule: Extract<TableRule, { kind: 'columns' }>): MeasuredValue {
  const [there, wanted] = [new Set(found), new Set(rule.names)];
  const lost = rule.names.filter((name) => !there.has(name));
  const others = rule.exact ? found.filter((name) => !wanted.has(name)) : [];
  const common = found.filter((name) => wanted.has(name));
  const moved = rule.ordered
    ? rule.names.filter((name) => there.has(name)).findIndex((name, i) => name !== common[i])
    : -1;
  const problems = [
    ...(lost.length === 0 ? [] : [`missing: ${quoted(lost)}`]),
    ...(others.length === 0 ? [] : [`not expected: ${quoted(others)}`]),
    ...(moved === -1 ? [] : [`the order is ${quoted(common)}`]),
  ];
  const value = lost.length + others.length;
  const note = problems.length === 0 ? {} : { note: `${problems.join('; ')}.` };
  return { kind: 'value', n: found.length, value, observed: [...found], keeps: problems.length === 0, ...note };
}

const quoted = (names: readonly string[]) =>
  names
    .slice(0, 20)
    .map((name) => `"${name}"`)
    .join(', ') + (names.length > 20 ? ', …' : '');
