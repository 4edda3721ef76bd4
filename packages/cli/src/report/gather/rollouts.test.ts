import type { RolloutRequest } from '@sluice/sdk';
import { expect, test } from 'vitest';
import { rolloutPart } from './rollouts.ts';

const request = {
  id: 'life/1/shop@v-2#x',
  endpoint: 'shop',
  candidate: { id: 'v-2', digest: 'sha256:22' },
} as RolloutRequest;
const phase = { seconds: 60, phase: 'canary 5 %', verdict: 'pass' as const, reason: null };
const past = {
  shares: [
    { at: 1_000, weights: { 'v-1': 100 } },
    { at: 20_000, weights: { 'v-1': 95, 'v-2': 5 } },
    { at: 90_000, weights: { 'v-1': 100, 'v-2': 0 } },
    { at: 500_000, weights: { 'v-3': 100 } },
  ],
  phases: [
    { ...phase, at: 80_000, versions: { 'v-2': { requests: 40, errors: 2 }, 'v-1': { requests: 760, errors: 0 } } },
    { ...phase, at: 85_000, versions: { 'v-9': { requests: 40, errors: 2 } } },
  ],
};

test('a rollout tells its own weights and looks, and not those of what came before and after', () => {
  const outcome = { ...request, candidate: 'sha256:22', state: 'rolled-back', startedAt: 10_000, endedAt: 95_000 };
  const state = { history: [{ ...outcome, reason: 'errors', evidence: [], firstBadAt: 70_000, offTrafficAt: 90_000 }] };
  const part = rolloutPart(request, 9_000, { past, state: state as never });
  expect(part.state).toBe('rolled-back');
  expect(part.shares).toEqual([
    { at: 20_000, percent: 5 },
    { at: 90_000, percent: 0 },
  ]);
  expect(part.looks.map(({ phase: name, candidate, stable }) => [name, candidate?.errors, stable?.requests])).toEqual([
    ['canary 5 %', 2, 760],
  ]);
});

test('where no worker answers, the history alone tells', () => {
  const part = rolloutPart(request, 9_000, { past, state: null });
  expect(part).toMatchObject({ state: 'running', startedAt: 20_000, endedAt: null, reason: null });
  expect(part.looks).toHaveLength(1);
});

test('what its answers to copies were judged by is told once: apart, unless that ended it', () => {
  const row = { metric: 'between 0 and 500', slice: 'prediction', verdict: 'pass', value: 1, n: 40 };
  const shadow = { verdict: 'pass', rows: 40, evidence: [row], reason: null, report: null };
  const partOf = (evidence: object[]) => {
    const outcome = { id: request.id, state: 'deployed', startedAt: 10_000, endedAt: 95_000, evidence, shadow };
    return rolloutPart(request, 9_000, { past, state: { history: [outcome], queued: [] } as never });
  };
  expect(partOf([]).shadow).toMatchObject({ verdict: 'pass', rows: 40, evidence: [row] });
  expect(partOf([row]).shadow).toBeNull();
  expect(rolloutPart(request, 9_000, { past, state: null }).shadow).toBeNull();
});
