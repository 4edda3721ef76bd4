import type { Check } from '@sluice/sdk';
import { isRowRule } from '@sluice/sdk';
import { cut } from './names.ts';
import { rangeText } from './within.ts';

/** What of the data a check is about; undefined for the table. */
export function sliceOf(check: Check): string | undefined {
  if ('columns' in check) return check.columns.join(', ');
  return 'column' in check ? check.column : undefined;
}

/** The rule as a person would say it. */
export function ruleText(check: Check): string {
  const { rule } = check;
  switch (rule.kind) {
    case 'notNull':
      return 'not null';
    case 'null':
      return 'null';
    case 'unique':
      return 'columns' in check ? 'unique together' : 'unique';
    case 'between':
      if (rule.strict !== undefined) return rangeText(rule);
      if (rule.min === null) return rule.max === null ? 'any value' : `at most ${rule.max}`;
      return rule.max === null ? `at least ${rule.min}` : `between ${rule.min} and ${rule.max}`;
    case 'in':
      return `in ${list(rule.values)}`;
    case 'notIn':
      return `not in ${list(rule.values)}`;
    case 'matches':
      return `matches ${cut(rule.pattern)}`;
    case 'notMatches':
      return `does not match ${cut(rule.pattern)}`;
    case 'length':
      return `length ${rangeText(rule)}`;
    case 'parseable':
      return `parseable as ${rule.as}${rule.format === undefined ? '' : ` by ${cut(rule.format)}`}`;
    case 'ordered':
      return `${rule.strictly ? 'strictly ' : ''}${rule.direction}`;
    case 'references':
      return `in ${rule.dataset}.${rule.column}`;
    case 'greater':
      return rule.orEqual ? 'the first at least the second' : 'the first greater than the second';
    case 'equal':
      return 'both equal';
    case 'type':
      return 'type';
    case 'statistic':
      return statisticText(rule.of, rule.at);
    case 'mostCommon':
      return `most common value in ${list(rule.values)}`;
    case 'fresh':
      return 'hours since the newest value';
    case 'distribution':
      return { ks: 'KS distance', psi: 'PSI', js: 'JS distance', wasserstein: 'Wasserstein distance' }[rule.by];
    case 'rows':
      return 'rows';
    case 'rowsRatio':
      return 'rows to the reference';
    case 'columns':
      return 'columns that differ';
    case 'columnCount':
      return 'columns';
  }
}

function statisticText(of: string, at: number | undefined): string {
  if (of === 'quantile') return `quantile ${at}`;
  const texts: Readonly<Record<string, string>> = {
    stdev: 'standard deviation',
    min: 'least value',
    max: 'greatest value',
    distinct: 'distinct values',
    distinctShare: 'share of distinct values',
  };
  return texts[of] ?? of;
}

/** What the measured number is held against. */
export function thresholdText(check: Check): string {
  const { rule, share } = check;
  if (isRowRule(rule)) return `>= ${share}`;
  switch (rule.kind) {
    case 'statistic':
    case 'rows':
    case 'rowsRatio':
    case 'columnCount':
      return rangeText(rule);
    case 'type':
      return rule.types.join(' or ');
    case 'mostCommon':
      return rule.ties === true ? 'among the most frequent' : 'alone the most frequent';
    case 'fresh':
      return `<= ${Number((rule.within / 3_600_000).toPrecision(6))}`;
    case 'distribution':
      return `<= ${rule.most}`;
    case 'columns':
      return '= 0';
  }
}

const list = (values: readonly unknown[]) => cut(values.map((value) => JSON.stringify(value)).join(', '));
