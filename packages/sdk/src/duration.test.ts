import { describe, expect, it } from 'vitest';
import { type Duration, milliseconds } from './duration.ts';
import { ErrorCode } from './errors.ts';

describe('a duration', () => {
  it.each<[Duration, number]>([
    [0, 0],
    [1500, 1500],
    [0.4, 0],
    ['90s', 90_000],
    ['90 seconds', 90_000],
    ['2 days', 172_800_000],
    ['1.5h', 5_400_000],
    ['500', 500],
    ['1 year', 31_557_600_000],
  ])('%j is %d ms', (duration, ms) => {
    expect(milliseconds(duration, 'here')).toBe(ms);
  });

  it.each([
    '',
    ' ',
    'soon',
    '2 fortnights',
    '-1s',
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '1000 years',
    'x'.repeat(200),
    null,
    undefined,
    {},
    new Date(0),
  ])('is not %j', (wrong) => {
    expect(() => milliseconds(wrong as Duration, 'train delay', 'deadline')).toThrow(
      expect.objectContaining({
        code: ErrorCode.InvalidStep,
        where: 'train delay',
        message: expect.stringMatching(/^deadline .*is not a duration\.$/s),
        fix: expect.stringContaining("'2 days'"),
      }),
    );
  });
});
