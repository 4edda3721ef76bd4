import { expect, it } from 'vitest';
import { plainPaint } from '../follow/colours.ts';
import { attempt, snapshot, step } from '../follow/testing.ts';
import { statusLines } from './status.ts';

const linesOf = (status: Parameters<typeof snapshot>[0]) => statusLines(snapshot(status), { paint: plainPaint });

it('says how to see the steps that are not listed', () => {
  const lines = linesOf({ steps: [step('a')], hidden: { done: 300, running: 40 }, next: 300 });
  expect(lines).toContain('  and steps that are not listed: 300 done, 40 running');
  expect(lines).toContain('  the next: sluice status delays/one --after 300');
  expect(linesOf({ steps: [step('a')], hidden: { done: 300 }, next: null }).join('\n')).not.toContain('--after');
});

it('counts the cost of all steps, also of those on other pages', () => {
  const price = { perHour: 3600, currency: 'EUR', source: 'a list', at: '2026-01-01' };
  const spent = [{ class: 'gpu', price, seconds: 100, secondsLost: 10 }];
  const lines = linesOf({ steps: [step('a', { attempts: [attempt(1, { price, seconds: 1 })] })], spent });
  expect(lines.at(-1)).toContain('cost      100.0000 EUR, 10.0000 of it lost (a list, 2026-01-01)');
});

it('says how many attempts came before those that are listed', () => {
  const earlier = { count: 980, errors: 1, preemptions: 979, outages: 0, stepsLost: 5, spent: [] };
  const lines = linesOf({ steps: [step('a', { attempts: [attempt(981)], earlier })] });
  expect(lines.join('\n')).toContain('errors 1/2, preemptions 979/50');
  expect(lines.join('\n')).toContain('and 980 attempts before these');
});

it('shows of each deploy how it ended, and no rollback as done', () => {
  const steps = [
    step('us', { kind: 'deploy', state: 'done', verdict: 'pass', outcome: 'rolled-back', note: 'errors 40 %' }),
    step('eu', { kind: 'deploy', state: 'done', verdict: 'pass', outcome: 'deployed', note: 'deployed' }),
  ];
  const lines = linesOf({ steps, state: 'rolled-back' });
  expect(lines[0]).toContain('delays/one rolled-back');
  expect(lines.find((line) => line.includes(' us '))).toMatch(/deploy +rolled-back .* errors 40 %/);
  expect(lines.find((line) => line.includes(' eu '))).toMatch(/deploy +deployed /);
  expect(lines.join('\n')).not.toMatch(/us .*done/);
});

it('shows a key that its map lets fail as tolerated', () => {
  const steps = [
    step('city', { kind: 'map', state: 'done', note: '9 done, 1 failed of 10, tolerated' }),
    step('city=b/fit', { state: 'failed', tolerated: true, note: 'no data' }),
    step('other', { state: 'failed' }),
  ];
  const lines = linesOf({ steps });
  expect(lines.find((line) => line.includes('city=b/fit'))).toContain('failed, tolerated');
  expect(lines.find((line) => line.includes('other'))).not.toContain('tolerated');
});
