import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { paintFor } from '../follow/colours.ts';
import { clip, elide, padTo, widthOf, wrap } from './width.ts';

const paint = paintFor({ isTTY: true }, { TERM: 'xterm' });

describe('width', () => {
  it.each([
    ['abc', 3],
    ['東京', 4],
    ['größe', 5],
    ['e\u0301', 1],
    ['👩‍🚀', 2],
    [paint('good', '東京'), 4],
    ['', 0],
  ])('of %j is %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width);
    expect(widthOf(padTo(text, 10))).toBe(10);
  });

  it('of each character below U+2100 is what string-width says', () => {
    const wrong = Array.from({ length: 0x2100 }, (_, code) => `a${String.fromCharCode(code)}b`).filter(
      (text) => widthOf(text) !== stringWidth(text),
    );
    expect(wrong).toEqual([]);
  });
});

describe('a line that is too long', () => {
  it('is cut without its colours running on', () => {
    const cut = clip(`${paint('good', 'abcdef')}ghi`, 5);
    expect(cut).toBe(`${paint('good', 'abcd')}…`);
  });

  it('is cut before a wide character that fits by half only', () => {
    expect(clip('東京都', 4)).toBe('東…');
    expect(clip('東京都', 6)).toBe('東京都');
  });

  it('is wrapped at spaces, never inside of a number', () => {
    const lines = wrap('  the error of 12345.678 is over the 9999.5 that production has', 24, 4);
    expect(lines).toEqual(['  the error of 12345.678', '    is over the 9999.5', '    that production has']);
  });

  it('keeps words whole that are wider than the terminal: they are copied', () => {
    expect(wrap(`see ${'ab12'.repeat(16)} there`, 20, 2)).toEqual(['see', `  ${'ab12'.repeat(16)}`, '  there']);
  });
});

describe('a name that is too long', () => {
  it('loses its middle', () => {
    expect(elide('airport=Charles-de-Gaulle/delay', 16)).toBe('airport…le/delay');
    expect(elide('short', 16)).toBe('short');
  });

  it('keeps its numbers whole or not at all', () => {
    expect(elide('customer=1234567890/step', 16)).toBe('custome…/step');
    expect(elide('a=12/bcdefghijklmn', 9)).toBe('a=12…klmn');
  });

  it('counts wide characters as two', () => {
    expect(widthOf(elide('空港=東京国際空港/遅延モデル', 15))).toBeLessThanOrEqual(15);
    expect(elide('空港=東京国際空港/遅延モデル', 15)).toBe('空港=東…モデル');
  });
});
