import type { Choice } from '@sluice/sdk';
import { literal } from '../extract/sql-text.ts';
import { isFloating, isText } from './column-types.ts';

/** A constant to compare a column with: text takes the column's type, so that '2013-06-30' is a date beside dates. */
function constant(value: Choice, type: string): string {
  if (isFloating(type) && !Number.isFinite(Number(value))) {
    return `error(${literal(`${JSON.stringify(value)} is no number to compare with.`)})`;
  }
  if (typeof value === 'string') return isText(type) ? literal(value) : `CAST(${literal(value)} AS ${type})`;
  if (isText(type)) return `error(${literal(`${JSON.stringify(value)} is not text; write it in quotes.`)})`;
  if (typeof value !== 'number') return String(value);
  // The 0.1 of a FLOAT is not that of a DOUBLE.
  const near = type === 'FLOAT' && Math.abs(value) <= greatestFloat;
  return `${literal(String(value))}::${near ? 'FLOAT' : 'DOUBLE'}`;
}

const greatestFloat = 3.4028234663852886e38;

export function constants(values: readonly Choice[], type: string): string {
  return values.map((value) => constant(value, type)).join(', ');
}

/** SQL that is true for a value outside of a range, and for NaN, which lies outside of every one. */
export function outside(
  x: string,
  type: string,
  { min, max, strict }: { min: number | string | null; max: number | string | null; strict?: string | undefined },
): string {
  const under = strict === 'min' || strict === 'both' ? '<=' : '<';
  const over = strict === 'max' || strict === 'both' ? '>=' : '>';
  const parts = [
    ...(min === null ? [] : [`${x} ${under} ${constant(min, type)}`]),
    ...(max === null ? [] : [`${x} ${over} ${constant(max, type)}`]),
    // DuckDB puts NaN over every number: without this it would be at least 0.
    ...(isFloating(type) ? [`isnan(${x})`] : []),
  ];
  return parts.length === 0 ? 'false' : `(${parts.join(' OR ')})`;
}
