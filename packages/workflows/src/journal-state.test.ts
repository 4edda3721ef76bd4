import type { OpenGate } from '@sluice/sdk';
import { beforeEach, expect, it, vi } from 'vitest';
import type { DeployState } from './deploy-states.ts';
import { Journal } from './journal.ts';

const written: unknown[] = [];
vi.mock('@temporalio/workflow', async (original) => ({
  ...(await original<typeof import('@temporalio/workflow')>()),
  upsertSearchAttributes: (pairs: readonly { readonly key: { readonly name: string }; readonly value: unknown }[]) => {
    written.push(pairs.find(({ key }) => key.name === 'SluiceState')?.value);
  },
}));
beforeEach(() => {
  written.length = 0;
});

function journalWith(...deploys: string[]): Journal {
  const journal = new Journal('shop/1', 'shop');
  journal.start({});
  for (const step of deploys) journal.begin(step, 'deploy', 0);
  return journal;
}

const blocked = (step: string): OpenGate => ({
  ...{ step, endpoint: step, candidate: 'sha256:ab', version: null, state: 'blocked', verdict: 'fail' },
  ...{ gates: [], expiresAt: 0, round: 1, commands: [] },
});

it('waits for nobody from the moment that a decision counts, and writes no event for it', () => {
  const journal = journalWith('us');
  journal.move('us', 'looking');
  journal.openGate(blocked('us'));
  journal.update('us', { state: 'waiting' });
  journal.move('us', 'blocked');
  expect(journal.status()).toMatchObject({ state: 'blocked', gates: [{ step: 'us' }] });
  const events = written.length;
  journal.decided('us');
  expect(journal.status()).toMatchObject({ state: 'running', gates: [], steps: [{ step: 'us', state: 'running' }] });
  expect(written).toHaveLength(events);
});

it.each<[DeployState, DeployState]>([
  ['rolled-back', 'deployed'],
  ['deployed', 'rolled-back'],
])('is rolled back where deploys ended %s and %s, one after the other', (us, eu) => {
  const journal = journalWith('us', 'eu');
  for (const [step, end] of [
    ['us', us],
    ['eu', eu],
  ] as const) {
    for (const state of ['looking', 'awaiting-approval', 'rolling-out', end] as const) journal.move(step, state);
  }
  expect(journal.deployed).toBe('rolled-back');
  journal.end(journal.deployed ?? 'done');
  expect(journal.status().state).toBe('rolled-back');
  expect(written.at(-1)).toBe('rolled-back');
});

it('still waits for a person at one deploy while another goes out', () => {
  const journal = journalWith('us', 'eu');
  journal.move('us', 'blocked');
  journal.move('eu', 'awaiting-approval');
  journal.move('eu', 'rolling-out');
  expect(journal.state).toBe('blocked');
  journal.decided('us');
  expect(journal.state).toBe('rolling-out');
});

it('does not keep the state of a deploy that failed', () => {
  const journal = journalWith('us');
  journal.move('us', 'rolling-out');
  journal.forget('us');
  expect(journal.state).toBe('running');
  expect(journal.deployed).toBeNull();
});
