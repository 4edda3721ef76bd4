import { invalidStep, nonEmptyText, numberWithin, oneOf, shown } from '../options.ts';
import type {
  Check,
  ColumnCheck,
  ColumnsCheck,
  ColumnsRule,
  Distance,
  Missing,
  Rule,
  Statistic,
  TableRule,
} from './check.ts';
import { isRowRule } from './check.ts';
import { choices, counts, isoMoment, names, numbers, range } from './ranges.ts';

const statistics: readonly Statistic[] = [
  ...(['mean', 'median', 'quantile', 'stdev', 'sum', 'min', 'max', 'distinct', 'distinctShare'] as const),
];
const distances: readonly Distance[] = ['ks', 'psi', 'js', 'wasserstein'];
const ways: readonly Missing[] = ['either', 'both', 'none'];

/** The check as plain data, if it can work. @throws SluiceError `InvalidStep` */
export function checked<Of extends Check>(check: Of, where: string): Of {
  return one(check, where) as Of;
}

function one(check: Check, where: string): Check {
  if (typeof check !== 'object' || check === null) throw noRule(check, where);
  const onOne = check as Partial<ColumnCheck>;
  const onSeveral = check as Partial<ColumnsCheck>;
  if (onSeveral.columns !== undefined) {
    const columns = names(onSeveral.columns, 'the columns of the check', where);
    return { columns, rule: columnsRule(onSeveral.rule as ColumnsRule, columns, where), ...asked(check, where) };
  }
  const kind = (check as Partial<Check>).rule?.kind;
  if (onOne.column === undefined && (kind === undefined || tableRules.has(kind))) {
    return { rule: tableRule(check.rule as TableRule, where), ...asked(check, where) };
  }
  const column = nonEmptyText(where, 'the name of the column', onOne.column);
  return { column, rule: columnRule(onOne.rule as Rule, where), ...asked(check, where, `column ${column}`) };
}

const tableRules: ReadonlySet<string> = new Set<TableRule['kind']>(['rows', 'rowsRatio', 'columns', 'columnCount']);

function asked({ rule, share, severity, mask }: Check, where: string, on = 'the check') {
  const most = numberWithin(where, `mostly(…) on ${on}`, share, { over: 0, most: 1 });
  if (most !== 1 && !isRowRule(rule)) {
    throw invalidStep(where, `mostly(${most}) makes no sense for ${rule.kind}.`, 'Leave mostly(…) out.');
  }
  if (severity !== undefined) oneOf(where, 'severity', severity, ['warn']);
  return {
    share: most,
    ...(severity === undefined ? {} : { severity }),
    ...(mask === true ? { mask } : {}),
  } as const;
}

function columnRule(rule: Rule, where: string): Rule {
  switch (rule?.kind) {
    case 'notNull':
    case 'null':
    case 'unique':
      return { kind: rule.kind };
    case 'between':
      return { kind: 'between', ...range('between', rule, where) };
    case 'in':
    case 'notIn':
      return { kind: rule.kind, values: choices(rule.kind, rule.values, where) };
    case 'matches':
    case 'notMatches':
      return { kind: rule.kind, pattern: nonEmptyText(where, `the pattern of ${rule.kind}`, rule.pattern) };
    case 'length':
      return { kind: 'length', ...counts('length', rule, where) };
    case 'parseable': {
      const as = oneOf(where, 'what to parse as', rule.as, ['date', 'timestamp', 'json'] as const);
      if (rule.format === undefined) return { kind: 'parseable', as };
      if (as === 'json') throw invalidStep(where, 'JSON has no format.', 'Leave the format out.');
      return { kind: 'parseable', as, format: nonEmptyText(where, 'the format', rule.format) };
    }
    case 'ordered': {
      const direction = oneOf(where, 'the direction', rule.direction, ['increasing', 'decreasing'] as const);
      return { kind: 'ordered', direction, strictly: rule.strictly === true };
    }
    case 'references': {
      const dataset = nonEmptyText(where, 'the name of the other dataset', rule.dataset);
      return { kind: 'references', dataset, column: nonEmptyText(where, 'its column', rule.column) };
    }
    case 'type':
      return { kind: 'type', types: names(rule.types, 'the types', where) };
    case 'statistic': {
      const of = oneOf(where, 'the statistic', rule.of, statistics);
      const at = of === 'quantile' ? { at: numberWithin(where, 'the quantile', rule.at, { least: 0, most: 1 }) } : {};
      const ends = of === 'min' || of === 'max' ? range(of, rule, where) : numbers(of, rule, where);
      return { kind: 'statistic', of, ...at, ...ends };
    }
    case 'mostCommon': {
      const values = choices('mostCommonIn', rule.values, where);
      return { kind: 'mostCommon', values, ...(rule.ties === true ? { ties: true } : {}) };
    }
    case 'fresh': {
      const within = numberWithin(where, 'within', rule.within, { over: 0 });
      return { kind: 'fresh', within, at: isoMoment(rule.at, where) };
    }
    case 'distribution': {
      const by = oneOf(where, 'the distance', rule.by, distances);
      return { kind: 'distribution', by, most: numberWithin(where, 'the greatest distance', rule.most, { over: 0 }) };
    }
    default:
      throw noRule(rule, where);
  }
}

function columnsRule(rule: ColumnsRule, columns: readonly string[], where: string): ColumnsRule {
  if (columns.length < 2) {
    throw invalidStep(where, `the check names ${columns.length} column.`, 'Name two, or use column(…).');
  }
  if (rule?.kind === 'unique') return { kind: 'unique' };
  if (rule?.kind !== 'greater' && rule?.kind !== 'equal') throw noRule(rule, where);
  if (columns.length > 2) throw invalidStep(where, `${rule.kind} has ${columns.length} columns.`, 'Name two.');
  const missing = rule.missing === undefined ? {} : { missing: oneOf(where, 'missing', rule.missing, ways) };
  if (rule.kind === 'equal') return { kind: 'equal', ...missing };
  return { kind: 'greater', orEqual: rule.orEqual === true, ...missing };
}

function tableRule(rule: TableRule, where: string): TableRule {
  switch (rule?.kind) {
    case 'rows':
    case 'columnCount':
      return { kind: rule.kind, ...counts(rule.kind, rule, where) };
    case 'rowsRatio':
      return { kind: 'rowsRatio', ...counts('rowsRatio', rule, where, { whole: false }) };
    case 'columns': {
      const listed = names(rule.names, 'the columns', where);
      return { kind: 'columns', names: listed, ordered: rule.ordered === true, exact: rule.exact === true };
    }
    default:
      throw noRule(rule, where);
  }
}

function noRule(rule: unknown, where: string): Error {
  return invalidStep(where, `${shown(rule)} is no rule.`, "Build checks by column('name').notNull() and its like.");
}
