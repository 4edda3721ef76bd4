import type { Evidence, OpenGate, StepStatus } from '@sluice/sdk';
import type { RunView } from '../api.ts';

/** 2026-01-02 03:04:00 UTC. */
export const start = Date.UTC(2026, 0, 2, 3, 4, 0);

export function step(path: string, more: Partial<StepStatus> = {}): StepStatus {
  return {
    step: path,
    kind: 'train',
    state: 'done',
    start: start + 1000,
    end: start + 61_000,
    attempts: [],
    errorsAllowed: 2,
    preemptionsAllowed: 50,
    verdict: null,
    note: null,
    ...more,
  };
}

export function row(slice: string, effect: number, more: Partial<Evidence> = {}): Evidence {
  return {
    metric: 'mean absolute error',
    slice,
    verdict: 'inconclusive',
    value: 12 - effect,
    baseline: 12,
    effect,
    interval: [effect - 0.5, effect + 0.5],
    threshold: 'gain > -1',
    n: 566,
    ...more,
  };
}

export const gate: OpenGate = {
  step: 'delays',
  endpoint: 'delays',
  candidate: `sha256:${'ab12'.repeat(16)}`,
  version: '3',
  state: 'blocked',
  verdict: 'fail',
  gates: [
    { name: 'rows', verdict: 'pass', evidence: [{ metric: 'not null', verdict: 'pass', value: 1 }] },
    {
      name: 'holdout',
      verdict: 'fail',
      evidence: [row('UA', -0.2), row('AA', -2.5, { verdict: 'fail' }), row('WN', -0.6)],
    },
  ],
  expiresAt: start + 172_800_000,
  round: 1,
  commands: [`sluice override delays/one --step delays --candidate ab12ab12ab12 --reason '…'`],
};

export function runView(more: Partial<RunView> = {}, status: Partial<RunView['status']> = {}): RunView {
  return {
    at: start + 120_000,
    row: {
      id: 'delays/one',
      pipeline: 'delays',
      state: 'running',
      startedAt: start,
      endedAt: null,
      by: 'ana',
      commit: '0123456789abcdef',
      dirty: true,
      endpoint: null,
    },
    status: {
      workflowId: 'delays/one',
      pipeline: 'delays',
      state: 'running',
      steps: [step('rows', { kind: 'extract' })],
      hidden: {},
      gates: [],
      asked: 0,
      decisions: [],
      refused: [],
      links: {},
      ...status,
    },
    jobs: [],
    endpoint: null,
    failure: null,
    params: {},
    result: null,
    cost: null,
    temporalUrl: null,
    mlflowUrl: null,
    ...more,
  };
}
