import { describe, expect, test } from 'vitest';
import { cells } from './cells.ts';
import { evaluateTables, replayTable } from './docs-table.ts';
import { allowed, evaluateCell } from './evaluate-cell.ts';
import { replayCell, replayCells } from './replay-cell.ts';

const host = { signal: new AbortController().signal };
const TRIALS = 600;

function cellOf(name: string) {
  return cells.find((cell) => cell.name === name) ?? expect.fail(`no cell ${name}`);
}

describe('a candidate that is worse by exactly the margin', () => {
  test.each([
    ['normal, margin 1/1000 sd', 20],
    ['lognormal, margin 1/1000 sd', 10],
    ['lognormal, margin 1/1000 sd', 50],
    ['lognormal of σ 1.5, margin 1/1000 sd', 10],
    ['t, 3 degrees of freedom, margin 1/1000 sd', 50],
    ['Pareto, index 3, margin 1/1000 sd', 100],
    ['1 in 100 loses 100 margins', 50],
    ['1 in 100 loses 100 margins', 500],
    ['1 in 20 loses 20 margins, `worst` as much', 200],
    ['even within ±1.7 sd, `worst` 2.5 sd', 50],
    ['right or wrong, margin 0.05, 20 % gains', 20],
  ])('passes in 2.5 of 100 suites at most: %s, %d cases', async (name, n) => {
    const { wrong, failed } = await evaluateCell(cellOf(name), n, TRIALS, 0, host);
    expect(wrong).toBeLessThanOrEqual(allowed(TRIALS));
    expect(failed).toBeLessThanOrEqual(allowed(TRIALS));
  });

  test('passed far more often by the bootstrap that was here before', async () => {
    const lognormal = await evaluateCell(cellOf('lognormal, margin 1/1000 sd'), 10, 300, 300, host);
    expect(lognormal.before).toBeGreaterThan(14); // seen: 21 %
    const rare = await evaluateCell(cellOf('1 in 100 loses 100 margins'), 50, 300, 300, host);
    expect(rare.before).toBeGreaterThan(45); // seen: 60 %
  });
});

test.each([
  ['normal, margin 1/2 sd', 500],
  ['lognormal, margin 1/2 sd', 500],
  ['normal, `worst` 5 sd', 200],
  ['1 in 100 loses 100 margins', 500],
  ['right or wrong, margin 0.05, 0 % gains', 100],
])('a candidate that is as good passes in 90 of 100 suites: %s, %d cases', async (name, n) => {
  expect((await evaluateCell(cellOf(name), n, 200, 0, host)).passed).toBeGreaterThanOrEqual(90);
});

describe('a replay without a failure', () => {
  test('is wrong about the share of failures 5 times in 100 at most, wherever they sit', () => {
    for (const cell of replayCells) expect(replayCell(cell, 100, host)).toMatchObject({ ok: true });
  });

  test('was wrong 20 times in 100 by one count over kinds that are not sent alike', () => {
    const cell = replayCells.find(({ name }) => name.startsWith('one common kind')) ?? expect.fail('no cell');
    expect(replayCell(cell, 100, host).before).toBeGreaterThan(15);
  });
});

test('the tables of the docs have a row for each kind of losses', async () => {
  const figures = [await evaluateCell(cellOf('normal, margin 1/2 sd'), 100, 5, 1, host)];
  const line = evaluateTables(figures)
    .split('\n')
    .find((each) => each.startsWith('| normal'));
  expect(line).toBe('| normal, margin 1/2 sd |  |  |  | 0.0 |  |  |  |');
  const [cell] = replayCells;
  if (cell === undefined) expect.fail('no cell');
  expect(replayTable([replayCell(cell, 10, host)])).toContain('| one kind, all sent | 0.99 % |');
});
