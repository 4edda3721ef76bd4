import { describe, expect, test } from 'vitest';
import { classify, score, statistic } from './kayenta.ts';

const times = (count: number, value: number) => Array.from({ length: count }, () => value);

describe('Kayenta’s judge', () => {
  test('has the statistic of Mann–Whitney with continuity and tie correction', () => {
    // scipy mannwhitneyu(x, y, alternative='greater', method='asymptotic'): p = 0.0556734 and 0.2303540
    expect(statistic([19, 22, 16, 29, 24], [20, 11, 17, 12], 0)).toBeCloseTo(1.5921, 3);
    expect(statistic([10, 10, 11, 12, 12, 12, 15, 20], [9, 10, 10, 11, 11, 12, 12, 13, 13], 0)).toBeCloseTo(0.7377, 3);
  });

  test('passes what its known faults pass: errors in a few buckets only', () => {
    expect(classify({ canary: [0, 1, 2, 1, 0, 0], baseline: times(6, 0) })).toBe('Pass');
    expect(classify({ canary: [...times(7, 100), ...times(3, 1)], baseline: times(10, 1) })).toBe('Pass');
  });

  test('fails one bucket more', () => {
    expect(classify({ canary: [...times(8, 100), ...times(2, 1)], baseline: times(10, 1) })).toBe('High');
  });

  test('has no opinion without data, and passes what is the same', () => {
    expect(classify({ canary: [Number.NaN], baseline: [1] })).toBe('Nodata');
    expect(classify({ canary: [1, 2], baseline: [2, 1] })).toBe('Pass');
  });

  test('scores the share of passes by group, and 0 for a critical failure or half of them without data', () => {
    const group = (labels: readonly ('Pass' | 'High' | 'Nodata')[], critical = false) => ({
      weight: 50,
      critical,
      labels,
    });
    expect(score([group(['Pass', 'Pass']), group(['Pass', 'High'])])).toBe(75);
    expect(score([group(['High', 'Pass'], true), group(['Pass', 'Pass'])])).toBe(0);
    expect(score([group(['Nodata', 'Nodata']), group(['Pass', 'Pass'])])).toBe(0);
  });
});
