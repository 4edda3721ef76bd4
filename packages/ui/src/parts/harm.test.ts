import { expect, it } from 'vitest';
import { row } from '../testing/views.ts';
import { harmFirst } from './harm.ts';

it('what harms comes first, then what holds for all, then slices by what they lost', () => {
  const all = { ...row('', 0.1, { verdict: 'pass' }), slice: undefined };
  const { slice: _, ...whole } = all;
  const rows = [
    row('UA', -0.1),
    row('WN', -0.6),
    whole,
    row('AA', -2, { verdict: 'fail' }),
    row('B6', -3, { verdict: 'pass' }),
  ];
  expect(harmFirst(rows).map(({ slice }) => slice ?? 'all')).toEqual(['AA', 'all', 'WN', 'UA', 'B6']);
});
