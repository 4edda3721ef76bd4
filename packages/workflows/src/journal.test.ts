import { type AttemptRecord, describeAttempts, type OpenGate } from '@sluice/sdk';
import { expect, it } from 'vitest';
import { Journal } from './journal.ts';

const gate = (number: number): OpenGate => ({
  step: `city=k${number}/shop`,
  endpoint: 'shop',
  candidate: `sha256:${String(number).padStart(64, '0')}`,
  version: null,
  state: 'awaiting-approval',
  verdict: 'pass',
  gates: [{ name: 'quality', verdict: 'pass', evidence: [{ metric: 'x'.repeat(20_000), value: 1, verdict: 'pass' }] }],
  expiresAt: 0,
  round: 1,
  commands: ['sluice approve'],
});

it('answers for five hundred open gates what fits into an answer, and names every one', () => {
  const journal = new Journal('cities/1', 'cities');
  for (let number = 0; number < 500; number++) journal.openGate(gate(number));
  const { gates } = journal.status();
  expect(JSON.stringify(gates).length).toBeLessThan(1_000_000);
  expect(gates).toHaveLength(500);
  expect(gates[0]).toEqual(gate(0));
  expect(gates[499]).toEqual({ ...gate(499), gates: [{ name: 'quality', verdict: 'pass', evidence: [] }] });
  for (let number = 0; number < 490; number++) journal.closeGate(gate(number).step);
  expect(journal.status().gates.at(-1)).toEqual(gate(499));
});

const attempt = (number: number, ended: AttemptRecord['ended']): AttemptRecord => ({
  ...{
    attempt: number,
    class: 'gpu-spot',
    gpus: 1,
    machine: `aks-gpu-spot-${number}`,
    start: 0,
    end: 1,
    ended,
    code: null,
  },
  ...{ message: 'm'.repeat(150), resumedFrom: 100, lastStep: 114, checkpoint: 100, stepsLost: 14, secondsLost: 3 },
  ...{ price: { perHour: 2, currency: 'EUR', source: 'a list', at: '2026-01-01' }, seconds: 60 },
});

/** Steps that each had so many attempts, all preempted but the last. */
function journalOf(steps: number, attempts: number): Journal {
  const journal = new Journal('cities/1', 'cities');
  for (let number = 0; number < steps; number++) {
    journal.begin(`city=k${number}/model`, 'train', 0, { errors: 2, preemptions: 50 });
    for (let one = 1; one <= attempts; one++) {
      journal.addAttempt(`city=k${number}/model`, attempt(one, one === attempts ? 'done' : 'preempted'));
    }
    journal.update(`city=k${number}/model`, { state: number === steps - 1 ? 'failed' : 'done' });
  }
  return journal;
}

it('answers for five hundred steps of ten attempts in pages of a quarter of a megabyte, every step on one', () => {
  const journal = journalOf(500, 10);
  const seen = new Set<string>();
  let pages = 0;
  for (let after: number | null = 0; after !== null; pages++) {
    const status = journal.status({ after });
    expect(JSON.stringify(status).length).toBeLessThan(300_000);
    const hidden = Object.values(status.hidden).reduce((total, count) => total + count, 0);
    expect(status.steps.length + hidden).toBe(500);
    for (const { step } of status.steps) seen.add(step);
    after = status.next ?? null;
  }
  expect(seen.size).toBe(500);
  expect(pages).toBeLessThan(12);
});

it('lists a failed step on the first page, however far back it stands', () => {
  expect(
    journalOf(500, 1)
      .status({ limit: 20 })
      .steps.map(({ step }) => step)
      .at(-1),
  ).toBe('city=k499/model');
  expect(journalOf(500, 1).status({ after: 20, limit: 20 }).steps).toHaveLength(20);
});

it('sums up the attempts of a step that had very many, so that nothing is lost of budgets and cost', () => {
  const status = journalOf(1, 1_000).status();
  const [step] = status.steps;
  expect(step?.attempts).toHaveLength(20);
  expect(step?.earlier).toMatchObject({ count: 980, errors: 0, preemptions: 980, stepsLost: 980 * 14 });
  expect(step && describeAttempts(step)).toBe(
    'errors 0/2, preemptions 999/50, resumed at step 100 (lost 13986 steps, 2997.0 s)',
  );
  expect(status.spent).toMatchObject([{ class: 'gpu-spot', seconds: 60_000, secondsLost: 3_000 }]);
});

it('has nothing to list after the last step, and says what there is', () => {
  expect(journalOf(3, 1).status({ after: 3 })).toMatchObject({ steps: [], next: null, hidden: { done: 2, failed: 1 } });
});

it('keeps an outage of a thousand tries as one line, which a better record may replace', () => {
  const journal = new Journal('cities/1', 'cities');
  journal.begin('fit', 'train', 0);
  const tried = (attempt: number): AttemptRecord => ({
    ...{ attempt, class: 'gpu', gpus: 1, price: null, machine: 'm', start: attempt * 10, end: attempt * 10 + 2 },
    ...{ ended: 'infrastructure', code: 'Unreachable', message: 'the store is down', resumedFrom: 5, lastStep: 5 },
    ...{ checkpoint: 5, stepsLost: 0, secondsLost: 0, seconds: 2 },
  });
  for (let number = 1; number < 1000; number++) journal.addAttempt('fit', tried(number));
  const kept = journal.addAttempt('fit', tried(1000));
  expect(kept).toMatchObject({ attempt: 1000, start: 10, seconds: 2000 });
  journal.correctAttempt('fit', { ...kept, checkpoint: 6 });
  expect(journal.status().steps[0]?.attempts).toEqual([{ ...kept, checkpoint: 6 }]);
});

it('shows what a step waits for, until it goes on', () => {
  const journal = new Journal('cities/1', 'cities');
  journal.begin('fit', 'train', 0);
  const pause = { code: 'Unreachable', message: 'the store is down', since: 0, until: 60_000 };
  journal.pause('fit', pause);
  expect(journal.status().steps[0]?.pause).toEqual(pause);
  journal.pause('fit', null);
  expect(journal.status().steps[0]).not.toHaveProperty('pause');
});

it('calls failed steps of tolerated keys so, those of maps inside of them too, and no others', () => {
  const journal = new Journal('cities/1', 'cities');
  for (const path of ['city=a/fit', 'city=a/year=1/fit', 'city=ab/fit', 'city=a', 'fit']) {
    journal.begin(path, 'train', 0);
    journal.update(path, { state: 'failed' });
  }
  journal.begin('city=a/done', 'train', 0);
  journal.update('city=a/done', { state: 'done' });
  journal.tolerate(['city=a/']);
  const tolerated = journal.status().steps.filter((step) => step.tolerated);
  expect(tolerated.map(({ step }) => step)).toEqual(['city=a/fit', 'city=a/year=1/fit']);
});

it('one step of many is told alone, and the rest is counted', () => {
  const journal = journalOf(500, 1);
  const step = journal.status({ after: 420, limit: 1 }).steps[0];
  const alone = journal.status({ step: step?.step ?? '' });
  expect([alone.steps.at(0), alone.next]).toEqual([step, null]);
  expect(journal.status({ step: 'no such step' }).next).toBeNull();
});
