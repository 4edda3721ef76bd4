import { expect, it } from 'vitest';
import { parseMoment } from './parse-moment.ts';

const now = Date.UTC(2026, 0, 31, 12);

it.each([
  ['7d', Date.UTC(2026, 0, 24, 12)],
  ['90 minutes', Date.UTC(2026, 0, 31, 10, 30)],
  ['2026-01-30', Date.UTC(2026, 0, 30)],
  ['2026-01-30T18:00', Date.UTC(2026, 0, 30, 18)],
  ['2026-01-30 18:00:05+01:00', Date.UTC(2026, 0, 30, 17, 0, 5)],
])('reads %j', (text, expected) => {
  expect(parseMoment('--since', text, now)).toBe(expected);
});

it.each(['', 'yesterday', '5', '2026', '2026-13-01', '2026-02-30', '9999 years'])(
  'refuses %j and says what it takes',
  (text) => {
    expect(() => parseMoment('--since', text, now)).toThrow(/--since .* is neither a time nor a duration/);
  },
);
