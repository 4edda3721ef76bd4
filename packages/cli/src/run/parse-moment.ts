import ms from 'ms';
import { UsageError } from '../errors.ts';

/**
 * A moment as a person writes it: so long ago (`7d`, `'90 minutes'`), or a date or time as in ISO 8601, which is UTC
 * unless it says otherwise.
 *
 * @returns epoch ms
 * @throws SluiceError `Usage`
 */
export function parseMoment(flag: string, text: string, now: number): number {
  const ago = text.length > 0 && text.length <= 100 ? ms(text as ms.StringValue) : undefined;
  if (ago !== undefined && Number.isFinite(ago) && /[a-z]/i.test(text)) {
    const at = now - Math.abs(ago);
    if (at > 0) return at;
  }
  const [, date, time = 'T00:00:00', zone = 'Z'] = pattern.exec(text) ?? [];
  const at = date === undefined ? Number.NaN : Date.parse(`${date}${time.replace(' ', 'T')}${zone}`);
  // JavaScript takes 30 February for 2 March.
  const midnight = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isFinite(at) && new Date(midnight).toISOString().startsWith(date ?? '?')) return at;
  throw new UsageError(
    `${flag} ${JSON.stringify(text)} is neither a time nor a duration.`,
    `For example: ${flag} 7d, ${flag} '90 minutes', ${flag} 2026-01-31, ${flag} 2026-01-31T18:00.`,
  );
}

const pattern = /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?$/;
