import type { OpenGate } from '@sluice/sdk';
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
