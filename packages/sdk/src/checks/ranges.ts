import { invalidStep, nonEmptyText, shown } from '../options.ts';
import type { Bound, Choice } from './check.ts';

/** Parts of rules, checked and copied. All of them throw SluiceError `InvalidStep`. */

interface Range {
  readonly min: Bound;
  readonly max: Bound;
  readonly strict?: 'min' | 'max' | 'both';
}

export function range(label: string, { min, max, strict }: Range, where: string): Range {
  const ends = [min, max].map((end) => {
    if (end === null || Number.isFinite(end) || (typeof end === 'string' && end !== '')) return end as Bound;
    throw invalidStep(where, `an end of ${label} is ${shown(end)}.`, 'Give a number, a text such as a date, or null.');
  });
  const [low = null, high = null] = ends;
  const given = `${label}(${shown(low)}, ${shown(high)})`;
  if (low === null && high === null) throw invalidStep(where, `${given} checks nothing.`, 'Give at least one end.');
  if (low !== null && high !== null && typeof low !== typeof high) {
    throw invalidStep(where, `${given} has a number and a text for ends.`, 'Give two numbers or two texts.');
  }
  // Texts may be dates or words: what comes first is for DuckDB to say.
  if (typeof low === 'number' && typeof high === 'number' && low > high) {
    throw invalidStep(where, `${given} has its ends the wrong way round.`, 'Give the lower end first.');
  }
  if (strict !== undefined && !['min', 'max', 'both'].includes(strict)) {
    throw invalidStep(where, `strict is ${shown(strict)}.`, "Use 'min', 'max' or 'both'.");
  }
  return { min: low, max: high, ...(strict === undefined ? {} : { strict }) };
}

/** A range of what only numbers can be: a mean is no date. */
export function numbers(label: string, given: Range, where: string): Range {
  const text = [given.min, given.max].find((end) => typeof end === 'string');
  if (text === undefined) return range(label, given, where);
  throw invalidStep(where, `an end of ${label} is ${shown(text)}.`, 'Give a number, or null.');
}

interface Counts {
  readonly min: number | null;
  readonly max: number | null;
}

/** A range of numbers from 0. */
export function counts(label: string, given: Counts, where: string, { whole = true } = {}): Counts {
  const { min, max } = range(label, given, where);
  const ends = [min, max].map((end) => {
    const fits = end === null || (typeof end === 'number' && end >= 0 && (!whole || Number.isSafeInteger(end)));
    if (fits) return end;
    const what = whole ? 'a whole number of at least 0' : 'a number of at least 0';
    throw invalidStep(where, `an end of ${label} is ${shown(end)}.`, `Give ${what}, or null.`);
  });
  return { min: ends[0] ?? null, max: ends[1] ?? null };
}

export function choices(label: string, values: readonly Choice[], where: string): Choice[] {
  if (!Array.isArray(values) || values.length === 0) {
    throw invalidStep(where, `${label}(…) has no values, so no row could keep it.`, "Give a list: ['EWR', 'JFK'].");
  }
  const odd = values.findIndex((one) => !(typeof one === 'string' || typeof one === 'boolean' || Number.isFinite(one)));
  if (odd === -1) return [...values];
  throw invalidStep(
    where,
    `${label}(…) has ${shown(values[odd])}.`,
    'Use texts, numbers and booleans; for nulls there is notNull.',
  );
}

export function names(list: readonly string[], label: string, where: string): string[] {
  if (!Array.isArray(list) || list.length === 0) throw invalidStep(where, `${label}: there are none.`, 'Give a list.');
  const copy = list.map((name) => nonEmptyText(where, `one of ${label}`, name));
  if (new Set(copy).size === copy.length) return copy;
  const twice = copy.find((name, index) => copy.indexOf(name) !== index);
  throw invalidStep(where, `${label} have ${shown(twice)} twice.`, 'Name each once.');
}

/** A moment as ISO 8601 in UTC. One without a zone is UTC, as everywhere in a dataset. */
export function isoMoment(value: unknown, where: string): string {
  const text = typeof value === 'string' ? value.trim() : '';
  const zoned = /T.*(Z|[+-]\d\d:?\d\d)$|^\d{4}-\d\d-\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`;
  const day = /^\d{4}-\d\d-\d\d/.exec(text)?.[0];
  const time = day === undefined ? Number.NaN : Date.parse(zoned);
  // A 30th of February is read as the 2nd of March.
  if (Number.isFinite(time) && new Date(`${day}T00:00Z`).toISOString().startsWith(`${day}`))
    return new Date(time).toISOString();
  throw invalidStep(where, `the moment is ${shown(value)}.`, "Give ISO 8601, '2013-12-31T00:00:00Z', or a parameter.");
}
