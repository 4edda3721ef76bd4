import type { Candidate, Ledger, Observation } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import { adopt } from './adopt.ts';
import { ledgerOf } from './ledger.ts';
import { emptyMachine, type Machine } from './machine.ts';
import { reduce } from './reduce.ts';
import { version } from './testing/world.ts';

const [a, b, c] = ['a', 'b', 'c'].map(version) as [Candidate, Candidate, Candidate];
const empty = emptyMachine('shop');

function page(more: Partial<Ledger>): Observation['ledger'] {
  return { seq: 7, page: { ...ledgerOf(empty), ...more } };
}

function found(weights: Record<string, number>, more: Partial<Observation> = {}): Observation {
  const known = Object.fromEntries([a, b, c].map((one) => [one.id, one]));
  return { target: { weights, mirror: null, versions: {} }, ledger: null, registry: null, known, ...more };
}

const registry = (production: Candidate | null, previous: Candidate | null) => ({ production, previous });
const modeOf = (machine: Machine) => machine.mode;

describe('an endpoint that takes stock', () => {
  it('stays on the stable version of its ledger, and goes on with the ledger’s pages', () => {
    const { machine } = adopt(empty, found({ 'v-a': 100 }, { ledger: page({ stable: a, formers: [b] }) }), 1);
    expect(machine).toMatchObject({ mode: { kind: 'steady', saving: true }, stable: a, formers: [b], seq: 7 });
  });

  it('ends a shadow that nobody watches, although all of the answers are the stable version’s', () => {
    const mirror = { version: 'v-b', percent: 20 };
    const seen = { target: { weights: { 'v-a': 100 }, mirror, versions: {} }, ledger: page({ stable: a }) };
    const { machine, command } = adopt(empty, found({}, seen), 1);
    expect(modeOf(machine)).toMatchObject({ kind: 'rolling-back', to: a });
    expect(command).toMatchObject({ kind: 'move', weights: { 'v-a': 100 }, mirror: null });
  });

  it('takes a version off that was rolled back and serves all the same', () => {
    const ledger = page({ stable: a, banned: ['v-b'] });
    expect(modeOf(adopt(empty, found({ 'v-b': 100 }, { ledger }), 1).machine)).toMatchObject({
      ...{ kind: 'rolling-back', from: b, to: a },
    });
    const nothing = page({ stable: null, banned: ['v-b'] });
    expect(modeOf(adopt(empty, found({ 'v-b': 100 }, { ledger: nothing }), 1).machine)).toMatchObject({
      ...{ kind: 'rolling-back', from: b, to: null },
    });
  });

  it('believes the registry where there is no ledger: of a split, and for what it could go back to', () => {
    const split = adopt(empty, found({ 'v-a': 50, 'v-b': 50 }, { registry: registry(a, c) }), 1).machine;
    expect(modeOf(split)).toMatchObject({ kind: 'rolling-back', to: a });
    const whole = adopt(empty, found({ 'v-a': 100 }, { registry: registry(a, c) }), 1).machine;
    expect(whole).toMatchObject({ mode: { kind: 'steady' }, stable: a, formers: [c] });
  });

  it('brings production back where nothing serves, and leaves a split alone that nobody can explain', () => {
    expect(modeOf(adopt(empty, found({}, { registry: registry(a, null) }), 1).machine)).toMatchObject({
      ...{ kind: 'rolling-back', from: null, to: a },
    });
    const { machine, command } = adopt(empty, found({ 'v-b': 50, 'v-c': 50 }, { registry: registry(a, null) }), 1);
    expect(machine).toMatchObject({ mode: { kind: 'unowned' }, alarm: expect.stringContaining('v-b and v-c') });
    expect(command).toEqual({ kind: 'idle' });
  });
});

it('a result of a command that was given up changes nothing', () => {
  const { machine } = adopt(empty, found({ 'v-a': 100 }, { ledger: page({ stable: a }) }), 1);
  const late = { kind: 'result', turn: machine.turn - 1, result: { kind: 'saved', conflict: true }, at: 2 } as const;
  expect(reduce(machine, late)).toEqual({ machine, command: null, answer: null });
});
