import { expect, it } from 'vitest';
import { formatAgo, formatBytes, formatMoney, formatNumber, formatShare, formatSigned } from './format.ts';

it.each([
  [formatNumber(1234567), '1,234,567'],
  [formatNumber(0.123456), '0.1235'],
  [formatNumber(-0.5), '−0.5'],
  [formatNumber(0.000012), '1.20e−5'],
  [formatNumber(null), '–'],
  [formatNumber(Number.NaN), 'NaN'],
  [formatSigned(0.25), '+0.25'],
  [formatSigned(-2), '−2'],
  [formatBytes(1_708_655), '1.7 MB'],
  [formatShare(0.004), '0.4 %'],
  [formatMoney(0.087, 'USD'), '0.087 USD'],
  [formatMoney(12.3, null), '12.30'],
  [formatAgo(0, 240_000), '4 min ago'],
  [formatAgo(172_800_000, 0), 'in 2 d'],
])('reads %s', (shown, expected) => {
  expect(shown).toBe(expected);
});
