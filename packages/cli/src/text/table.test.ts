import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { table } from './table.ts';
import { widthOf } from './width.ts';

const evidence = [
  ['gate', 'metric', 'value', 'baseline', 'threshold', 'verdict', ''],
  [
    'holdout',
    'absolute_error (carrier=Hawaiian)',
    '12.35',
    '13',
    '> -0.5',
    'pass',
    'n 400 of 12,000 cases, drawn evenly',
  ],
  ['rows', 'nulls in dep_delay', '0', '', '= 0', 'inconclusive', ''],
];

describe('a table', () => {
  it('is as wide as it needs where nothing limits it', () => {
    expect(table([['a', 'long cell'], ['bb'], []])).toEqual(['a   long cell', 'bb', '']);
  });

  it('puts columns of wide characters under each other', () => {
    expect(
      table([
        ['東京', 'x'],
        ['abcd', 'y'],
      ]),
    ).toEqual(['東京  x', 'abcd  y']);
  });

  it('stays within 80 columns and puts remarks that get no room below their row', () => {
    const lines = table(evidence, { width: 80 });
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(80);
    expect(lines).toEqual([
      'gate     metric                         value  baseline  threshold  verdict',
      'holdout  absolute_error…rier=Hawaiian)  12.35  13        > -0.5     pass',
      '    n 400 of 12,000 cases, drawn evenly',
      'rows     nulls in dep_delay             0                = 0        inconclusive',
    ]);
  });

  it('puts the last column below, with its name, where numbers do not fit beside each other', () => {
    const rows = [
      ['column', 'mean', 'distinct'],
      ['dep_delay', '1,234,567.8 → 2,345,678.9', '2,000 → 2,400'],
    ];
    expect(table(rows, { width: 48 })).toEqual([
      'column     mean',
      'dep_delay  1,234,567.8 → 2,345,678.9',
      '    distinct 2,000 → 2,400',
    ]);
  });

  it('never breaks a number or a digest, however narrow the terminal is', () => {
    const lines = table([['1,234,567,890.123', 'ab12ab12ab12', 'a name that is very long indeed']], { width: 40 });
    expect(lines.join('\n')).toContain('1,234,567,890.123  ab12ab12ab12');
  });

  it('fits every terminal in which its numbers fit', () => {
    const name = fc.string({ minLength: 0, maxLength: 90 });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.nat(), fc.nat()), { minLength: 1, maxLength: 6 }), (rows) => {
        const lines = table(
          rows.map(([text, a, b]) => [`n-${text.replaceAll(' ', '-').replaceAll(/\d/g, 'x')}`, String(a), String(b)]),
          { width: 60 },
        );
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(60);
        for (const [, a] of rows) expect(lines.join('\n')).toContain(String(a));
      }),
      { numRuns: 40 },
    );
  });
});
