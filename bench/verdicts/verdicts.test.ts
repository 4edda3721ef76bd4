import { describe, expect, test } from 'vitest';
import { kinds } from './suites.ts';
import { allowed, verdictsOf, verdictTable } from './verdicts.ts';

const TRIALS = 20;
const { signal } = new AbortController();

describe('verdicts of a suite folder', () => {
  test.each(kinds.filter(({ metric }) => metric.of === 'case').map((kind) => [kind.name, kind] as const))(
    'are no false alarms, and pass nothing that is worse by the margin: %s',
    async (_, kind) => {
      const figures = await verdictsOf(kind, 600, TRIALS, signal);
      expect(figures.ok).toBe(true);
      expect(figures.same.passed).toBeGreaterThanOrEqual(90);
      expect(figures.planted.named).toBeGreaterThanOrEqual(60);
      expect(verdictTable([figures])).toContain(`| ${kind.name} |`);
    },
  );

  test('may be wrong in 2.5 of 100 trials, and by chance in a few more', () => {
    expect(allowed(400)).toBe(22);
  });
});
