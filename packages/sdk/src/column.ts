import { invalidStep, nonEmptyText, numberWithin, shown } from './options.ts';

/** One rule on a column, as plain data. A row whose value breaks it is *unexpected*. */
export interface Check {
  readonly column: string;
  readonly rule: Rule;
  /** Share of rows, over 0 and at most 1, that must keep the rule. Nulls do not count, save in `notNull`. */
  readonly share: number;
}

/** What a {@link Check} asks, as plain data. */
export type Rule =
  | { readonly kind: 'notNull' }
  | { readonly kind: 'unique' }
  | { readonly kind: 'between'; readonly min: number | string | null; readonly max: number | string | null }
  | { readonly kind: 'in'; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: 'matches'; readonly pattern: string };

/** A check that may be loosened: `column('x').between(0, 1).mostly(0.999)`. */
export interface StrictCheck extends Check {
  /** Share of rows, over 0 and at most 1, that must keep the rule. */
  mostly(share: number): Check;
}

/** What may be asked of a column's values. */
export interface ColumnChecks {
  /** No row is null. */
  notNull(): StrictCheck;
  /** No two rows have the same value; nulls are left out. */
  unique(): StrictCheck;
  /** Both ends are included; null leaves an end open. Numbers, or texts such as dates (`'2013-01-01'`). */
  between(min: number | string | null, max: number | string | null): StrictCheck;
  /** Every value is one of these. */
  in(values: readonly (string | number | boolean)[]): StrictCheck;
  /** RE2 syntax, as DuckDB's `regexp_matches`: it may match anywhere unless `^` and `$` pin it. */
  matches(pattern: string): StrictCheck;
}

/**
 * Checks on one column of an extract: `column('dep_delay').between(-120, 1500).mostly(0.999)`.
 *
 * @throws SluiceError `InvalidStep` for a rule that every row or no row could keep
 */
export function column(name: string): ColumnChecks {
  const where = `column ${name}`;
  const check = (rule: Rule): StrictCheck => {
    const strict = checked({ column: name, rule, share: 1 }, where);
    return { ...strict, mostly: (share) => checked({ ...strict, share }, where) };
  };
  return {
    notNull: () => check({ kind: 'notNull' }),
    unique: () => check({ kind: 'unique' }),
    between: (min, max) => check({ kind: 'between', min, max }),
    in: (values) => check({ kind: 'in', values }),
    matches: (pattern) => check({ kind: 'matches', pattern }),
  };
}

/** The check as plain data, if it can work. @throws SluiceError `InvalidStep` */
export function checked(check: Check, where: string): Check {
  const column = nonEmptyText(where, 'the name of the column', check?.column);
  const share = numberWithin(where, `mostly(…) on column ${column}`, check.share, { over: 0, most: 1 });
  return { column, rule: checkedRule(check.rule, where), share };
}

function checkedRule(rule: Rule, where: string): Rule {
  switch (rule?.kind) {
    case 'notNull':
    case 'unique':
      return { kind: rule.kind };
    case 'between':
      return { kind: 'between', ...range(rule.min, rule.max, where) };
    case 'in':
      return { kind: 'in', values: choices(rule.values, where) };
    case 'matches':
      return { kind: 'matches', pattern: nonEmptyText(where, 'the pattern of matches', rule.pattern) };
    default:
      throw invalidStep(where, `${shown(rule)} is no rule.`, "Build checks by column('name').notNull() and its like.");
  }
}

function range(
  min: unknown,
  max: unknown,
  where: string,
): { min: number | string | null; max: number | string | null } {
  const ends = [min, max].map((end) => {
    if (end === null || Number.isFinite(end) || (typeof end === 'string' && end !== '')) {
      return end as number | string | null;
    }
    throw invalidStep(where, `an end of between is ${shown(end)}.`, 'Give a number, a text such as a date, or null.');
  });
  const [low = null, high = null] = ends;
  const given = `between(${shown(low)}, ${shown(high)})`;
  if (low === null && high === null) throw invalidStep(where, `${given} checks nothing.`, 'Give at least one end.');
  if (low === null || high === null) return { min: low, max: high };
  if (typeof low !== typeof high) {
    throw invalidStep(where, `${given} has a number and a text for ends.`, 'Give two numbers or two texts.');
  }
  // Texts may be dates or words: what comes first is for DuckDB to say.
  if (typeof low === 'number' && typeof high === 'number' && low > high) {
    throw invalidStep(where, `${given} has its ends the wrong way round.`, 'Give the lower end first.');
  }
  return { min: low, max: high };
}

function choices(values: readonly (string | number | boolean)[], where: string): (string | number | boolean)[] {
  if (!Array.isArray(values) || values.length === 0) {
    throw invalidStep(where, 'in(…) has no values, so no row could keep it.', "Give a list: in(['EWR', 'JFK']).");
  }
  const odd = values.findIndex((one) => !(typeof one === 'string' || typeof one === 'boolean' || Number.isFinite(one)));
  if (odd === -1) return [...values];
  throw invalidStep(
    where,
    `in(…) has ${shown(values[odd])}.`,
    'Use texts, numbers and booleans; for nulls there is notNull.',
  );
}
