import type { AttemptRecord, OpenGate } from '@sluice/sdk';
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
