import { type Evidence, type Verdict, verdicts } from '@sluice/sdk';
import { gainOf } from '@sluice/ui/shared';
import type { Row } from '../data.ts';

/** Reading JSON that another version may have written: what is not as expected is left out, never an error. */
export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Text as it is, and anything else as JSON. */
export function shownText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** Anything that is no verdict is an error: nothing passes by being unreadable. */
export function verdictOf(value: unknown): Verdict {
  return verdicts.find((one) => one === value) ?? 'error';
}

export function evidenceOf(value: unknown): Row[] {
  return listOf(value).flatMap((one) => {
    const row = fieldsOf(one);
    const metric = textOf(row.metric);
    if (metric === null) return [];
    const [low, high] = listOf(row.interval).map(numberOf);
    const text = (name: 'slice' | 'threshold' | 'note') => {
      const found = textOf(row[name]);
      return found === null ? {} : { [name]: found };
    };
    const evidence: Evidence = {
      metric,
      verdict: verdictOf(row.verdict),
      value: numberOf(row.value),
      baseline: numberOf(row.baseline),
      effect: numberOf(row.effect),
      interval: low == null || high == null ? null : ([low, high] as const),
      p: numberOf(row.p),
      n: numberOf(row.n),
      ...text('slice'),
      ...text('threshold'),
      ...text('note'),
    };
    // A check may be only a warning; a category that is too small to tell says in its note that it does not count.
    const counts = row.severity !== 'warn' && !(evidence.note ?? '').endsWith('does not count by itself');
    return [{ ...evidence, gain: gainOf(evidence), counts }];
  });
}

/** Characters up to which the fields of an object stand behind each other. */
const SHORT = 240;

/** What a model was asked, for reading: an object's fields, one under the other unless they are short, anything else as {@link shownText}. */
export function askedText(value: unknown): string {
  const fields = Object.entries(fieldsOf(value));
  if (fields.length === 0) return shownText(value);
  if (fields.length === 1) return shownText(fields[0]?.[1]);
  const lines = fields.map(([name, one]) => `${name}: ${shownText(one)}`);
  const short = lines.join(' · ');
  return short.length <= SHORT && !short.includes('\n') ? short : lines.join('\n');
}
