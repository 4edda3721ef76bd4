import type { Check, Column, ColumnCheck } from '@sluice/sdk';
import { compileColumnsRule } from './columns-rules.ts';
import { type Beside, CannotJudge, type Compiled, type Source } from './compiled.ts';
import { compileDistribution } from './distribution-rule.ts';
import { compileMostCommon, compileUnique } from './grouped-rules.ts';
import { namesOf } from './names.ts';
import { compileOrdered } from './ordered-rules.ts';
import { compileReferences } from './references-rule.ts';
import { compileStatistic } from './statistic-rules.ts';
import { compileTableRule } from './table-rules.ts';
import { compileValueRule } from './value-rules.ts';
import { compileFresh, compileType } from './whole-rules.ts';

/** @throws CannotJudge */
export function compileCheck(source: Source, columns: readonly Column[], check: Check, beside: Beside): Compiled {
  const named = (name: string): Column => {
    const column = columns.find((one) => one.name === name);
    if (column !== undefined) return column;
    throw new CannotJudge(`There is no column "${name}"; there are ${namesOf(columns)}.`);
  };
  if ('columns' in check) return compileColumnsRule(source, check.columns.map(named), check);
  if ('column' in check) return compileColumnRule(source, named(check.column), check.rule, beside);
  return compileTableRule(source, columns, check.rule, beside);
}

function compileColumnRule(source: Source, column: Column, rule: ColumnCheck['rule'], beside: Beside): Compiled {
  switch (rule.kind) {
    case 'unique':
      return compileUnique(source, column);
    case 'ordered':
      return compileOrdered(source, column, rule);
    case 'references':
      return compileReferences(source, column, rule, beside);
    case 'type':
      return compileType(column, rule);
    case 'statistic':
      return compileStatistic(source, column, rule);
    case 'mostCommon':
      return compileMostCommon(source, column, rule);
    case 'fresh':
      return compileFresh(source, column, rule);
    case 'distribution':
      return compileDistribution(source, column, rule, beside);
    default:
      return compileValueRule(source, column, rule);
  }
}
