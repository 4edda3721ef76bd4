import { expect, it } from 'vitest';
import { plainPaint } from '../follow/colours.ts';
import { attempt, snapshot, start, step } from '../follow/testing.ts';
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

it('lists decisions in the order they came, those that did not count among those that did', () => {
  const subject = { run: 'r', step: 's', endpoint: 'e', candidate: 'c', round: 1, evidence: '', reason: null };
  const at = (second: number) => `2026-01-02T03:04:0${second}.000Z`;
  const refused = (by: string, second: number, after: number) => ({
    ...{ decision: 'approve', by, at: at(second), via: 'signal' as const, why: 'no', after },
  });
  const lines = linesOf({
    decisions: [
      { ...subject, decision: 'approve', by: 'b', at: at(2), via: 'update' },
      { ...subject, decision: 'reject', by: 'd', at: at(4), via: 'update' },
    ],
    refused: [refused('a', 2, 0), refused('c', 2, 1), refused('e', 4, 2), refused('withdrawn', 1, 3)],
  });
  const order = lines.flatMap((line) => / by (\w+) at /.exec(line)?.[1] ?? []);
  expect(order).toEqual(['withdrawn', 'a', 'b', 'c', 'd', 'e']);
});

it('says how many decisions that did not count are left out', () => {
  const refused = Array.from({ length: 12 }, (_, index) => ({
    ...{ decision: 'approve', by: `p${index}`, at: '2026-01-02T03:04:00.000Z', via: 'signal' as const, why: 'no' },
  }));
  const text = linesOf({ refused }).join('\n');
  expect(text).toContain('and 7 before these that did not count');
  expect(text).toContain('by p11 ');
  expect(text).not.toContain('by p6 ');
});

it('says once why a run failed: at its top, and not at the step and at each of its attempts', () => {
  const why = (number: number) => `The trainer exited with code 1: ValueError: x (at step fit, attempt ${number})`;
  const failed = (number: number) => attempt(number, { ended: 'failed', message: why(number) });
  const message = `fit: ${why(2)} (failed 2 times, and the budget is 1 further attempts)`;
  const fit = step('fit', { state: 'failed', note: message, attempts: [failed(1), failed(2)] });
  const other = step('other', { state: 'failed', note: 'another reason' });
  const closed = { at: start + 1000, failure: { code: 'TrainerFailed', message } };
  const lines = statusLines(snapshot({ state: 'failed', steps: [fit, other] }, { closed }), { paint: plainPaint });
  const text = lines.join('\n');
  expect(text.match(/ValueError/g)).toHaveLength(1);
  expect(text).toContain('attempt 1 ended on spot-1 as failed');
  expect(text).toContain('another reason');
});

it('names the report of a run that judged something, and of no other', () => {
  const report = 'report    sluice report delays/one --open';
  expect(linesOf({ steps: [step('a', { verdict: 'pass' })] })).toContain(report);
  expect(linesOf({ steps: [step('a', { verdict: null })] })).not.toContain(report);
});

it('says where the report of a run is, how one is written anew, and what kept a worker from attaching it', () => {
  const artifact = { kind: 'report', uri: 'sluice:blob/00', digest: `sha256:${'0'.repeat(64)}`, bytes: 1 } as const;
  const [page, command] = ['http://m/#/runs/2/artifacts/report.html', 'sluice report delays/one --open'];
  const report = { at: start, artifact, warning: null };
  expect(linesOf({ steps: [step('a', { verdict: 'pass' })] }).at(-1)).toBe(`report    ${command}`);
  expect(linesOf({ links: { report: page }, report }).slice(-2)).toEqual([`report    ${page}`, `          ${command}`]);
  const warning = 'not attached in MLflow: it does not answer';
  expect(linesOf({ report: { ...report, warning } }).slice(-3)).toEqual([
    `report    ${command}`,
    '          sluice artifacts get 000000000000 --to report.html',
    `          ${warning}`,
  ]);
});
