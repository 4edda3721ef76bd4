import type { Column, Rule } from '@sluice/sdk';
import { identifier, literal } from '../extract/sql-text.ts';
import { isOfType, isTime } from './column-types.ts';
import { CannotJudge, type Compiled, type Source } from './compiled.ts';

const hour = 3_600_000;

/** The type as the file has it: nothing is read. */
export function compileType({ type }: Column, rule: Extract<Rule, { kind: 'type' }>): Compiled {
  const keeps = rule.types.some((wanted) => isOfType(type, wanted));
  return {
    from: null,
    asks: [],
    measure: () => ({ kind: 'value', n: null, value: null, observed: type, keeps, note: `The type is ${type}.` }),
    offenders: null,
  };
}

/** How long before `at` the newest time was. Times after it are said, and hide nothing. */
export function compileFresh(source: Source, { name, type }: Column, rule: Extract<Rule, { kind: 'fresh' }>): Compiled {
  if (!isTime(type) || type.startsWith('TIME') !== type.startsWith('TIMESTAMP')) {
    throw new CannotJudge(`The column's type is ${type}, and not a date or timestamp.`);
  }
  const x = `${identifier(name)}::TIMESTAMP WITH TIME ZONE`;
  const at = `${literal(rule.at)}::TIMESTAMP WITH TIME ZONE`;
  return {
    from: source.all,
    asks: [
      `count(${identifier(name)})`,
      `count(*) FILTER (${x} > ${at})`,
      `epoch_ms(max(${x}) FILTER (${x} <= ${at}))`,
    ],
    measure: ([all, later, newest]) => {
      const n = Number(all);
      const after = Number(later) === 0 ? '' : ` ${later} of ${n} values are after ${rule.at}.`;
      if (newest === null || newest === undefined) {
        const note = n === 0 ? {} : { note: `No value is at or before ${rule.at}.${after}` };
        return { kind: 'value', n, value: null, observed: null, keeps: n === 0 ? null : false, ...note };
      }
      const age = Date.parse(rule.at) - Number(newest);
      const observed = new Date(Number(newest)).toISOString();
      const note = `The newest value is ${observed}.${after}`;
      return { kind: 'value', n, value: age / hour, observed, keeps: age <= rule.within, note, personal: true };
    },
    offenders: null,
  };
}
