import { expect, it } from 'vitest';
import { closest } from './closest.ts';

it.each([
  ['sinze', ['since', 'until'], 'since'],
  ['wlak', ['walk', 'run'], 'walk'],
  ['widht', ['depth', 'width'], 'width'],
  ['Since', ['since'], 'since'],
  ['größe', ['since', 'until'], null],
  ['a', [], null],
  ['', ['since'], null],
])('finds what %j of %j was meant to be', (word, known, meant) => {
  expect(closest(word, known)).toBe(meant);
});
