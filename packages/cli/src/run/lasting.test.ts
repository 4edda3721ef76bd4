import { expect, test } from 'vitest';
import { lasting } from './lasting.ts';

test('an alarm that passes while a version starts is not told', () => {
  const told = lasting(10_000);
  expect([told('cannot serve', 0), told('cannot serve', 2_400), told(null, 2_700)]).toEqual([null, null, null]);
  expect(told('cannot serve', 11_000)).toBeNull();
});

test('one that stays is told, in its newest words', () => {
  const told = lasting(10_000);
  told('no such version', 0);
  expect(told('it did not get ready', 10_000)).toBe('it did not get ready');
});
