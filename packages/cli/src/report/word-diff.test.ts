import { expect, test } from 'vitest';
import { wordDiff } from './word-diff.ts';

const marked = (old: string, now: string) => {
  const found = wordDiff(old, now);
  const side = (list: readonly { text: string; changed: boolean }[] = []) =>
    list.map(({ text, changed }) => (changed ? `[${text}]` : text)).join('');
  return found === null ? null : [side(found.old), side(found.now)];
};

test('words that only one of two texts has are marked, and the texts stay whole', () => {
  expect(marked('started on apixaban 5 mg twice daily', 'started on warfarin 5 mg daily')).toEqual([
    'started on [apixaban] 5 mg [twice] daily',
    'started on [warfarin] 5 mg daily',
  ]);
  const [old, now] = ['a b  c\nd', 'a x  c\n\nd e'];
  const found = wordDiff(old, now);
  expect(found?.old.map(({ text }) => text).join('')).toBe(old);
  expect(found?.now.map(({ text }) => text).join('')).toBe(now);
});

test('the same text has no change; texts with little in common, and very long ones, have no diff', () => {
  expect(marked('all the same', 'all the same')).toEqual(['all the same', 'all the same']);
  expect(marked('yes', 'no')).toBeNull();
  expect(marked('', '')).toBeNull();
  expect(marked('{"predictions":["a long answer"]}', '{"error":"KeyError: no such language"}')).toBeNull();
  const long = (word: string) => Array.from({ length: 2000 }, (_, i) => `${word}${i}`).join(' ');
  expect(marked(long('a'), long('b'))).toBeNull();
});

test('texts without spaces are told apart by their words too', () => {
  expect(marked('今日は天気が良い', '今日は天気が悪い')?.[0]).not.toBe('[今日は天気が良い]');
});
