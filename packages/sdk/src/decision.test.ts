import { expect, it } from 'vitest';
import { personName } from './decision.ts';

it.each([
  ['Ana', 'ana'],
  ['  ana\t', 'ana'],
  ['Zoe@Corp', 'zoe@corp'],
  ['Ａｎａ', 'ana'],
  ['Ana  de  Souza', 'ana de souza'],
  ['Zoe\u0308', 'zoë'],
])('%j and %j are one person', (one, other) => {
  expect(personName(one)).toBe(personName(other));
});

it.each([
  ['ana', 'аna'],
  ['ana', 'ana.'],
  ['ali', 'alı'],
  ['zoe', 'zoe@corp'],
])('%j and %j are two', (one, other) => {
  expect(personName(one)).not.toBe(personName(other));
});
