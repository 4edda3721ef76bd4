import type { AttemptProgress, AttemptRecord, OpenGate, RunStatus, StepStatus } from '@sluice/sdk';
import type { PendingJob, Snapshot } from './snapshot.ts';

/** 2026-01-02 03:04:00 UTC. */
export const start = Date.UTC(2026, 0, 2, 3, 4, 0);

export function snapshot(status: Partial<RunStatus>, more: Partial<Snapshot> = {}): Snapshot {
  return {
    at: start + 60_000,
    status: {
      workflowId: 'delays/one',
      pipeline: 'delays',
      state: 'running',
      steps: [],
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
    startedAt: start,
    closed: null,
    ...more,
  };
}

export function step(path: string, more: Partial<StepStatus> = {}): StepStatus {
  return {
    step: path,
    kind: 'train',
    state: 'running',
    start: start + 1000,
    end: null,
    attempts: [],
    errorsAllowed: 2,
    preemptionsAllowed: 50,
    verdict: null,
    note: null,
    ...more,
  };
}

export function attempt(number: number, more: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    attempt: number,
    class: 'spot',
    gpus: 0,
    price: null,
    machine: `spot-${number}`,
    start: start + 1000,
    end: start + 21_000,
    ended: 'done',
    code: null,
    message: null,
    resumedFrom: null,
    lastStep: 1214,
    checkpoint: 1200,
    stepsLost: 0,
    secondsLost: 0,
    seconds: 20,
    ...more,
  };
}

export function job(
  path: string,
  progress: Partial<AttemptProgress> | null,
  more: Partial<PendingJob> = {},
): PendingJob {
  return {
    step: path,
    kind: 'train',
    attempt: 1,
    started: true,
    worker: 'spot@spot-1:42',
    progress:
      progress === null
        ? null
        : {
            machine: 'spot-1',
            pid: 42,
            startedAt: start + 1500,
            at: start + 60_000,
            resumedFrom: null,
            step: null,
            total: null,
            rate: null,
            checkpoint: null,
            checkpointAt: null,
            metrics: {},
            restoreMs: 200,
            ...progress,
          },
    ...more,
  };
}

export const gate: OpenGate = {
  step: 'delays',
  endpoint: 'delays',
  candidate: `sha256:${'ab12'.repeat(16)}`,
  version: '3',
  state: 'awaiting-approval',
  verdict: 'pass',
  gates: [
    {
      name: 'holdout',
      verdict: 'pass',
      evidence: [
        {
          metric: 'error',
          slice: 'EWR',
          verdict: 'pass',
          value: 12.3456,
          baseline: 13,
          threshold: '> -1',
          note: 'n 400',
        },
        { metric: 'unanswered', verdict: 'pass', value: 0, threshold: '= 0' },
      ],
    },
    { name: 'rows', verdict: 'pass', evidence: [] },
  ],
  expiresAt: start + 172_800_000,
  round: 1,
  commands: ['sluice approve delays/one --step delays --endpoint delays --candidate ab12ab12ab12'],
};
