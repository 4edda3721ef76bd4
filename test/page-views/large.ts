import type { StepStatus } from '@sluice/sdk';
import type { RunRow, RunsView, RunView } from '../../packages/ui/src/api.ts';
import { attempt } from './attempt.ts';
import { recordedAt } from './recorded.ts';

/** The recorded runs, and 47 of 2,003 more. */
export function manyRuns({ runs }: RunsView): RunsView {
  const states = [
    'done',
    'deployed',
    'failed',
    'running',
    'awaiting-approval',
    'rejected',
    'rolled-back',
    'cancelled',
    'blocked',
  ] as const;
  const more = Array.from({ length: 47 }, (_, i): RunRow => {
    const state = states[i % states.length] ?? 'done';
    const startedAt = recordedAt - (i + 2) * 1_234_567;
    const endedAt = ['running', 'awaiting-approval', 'blocked'].includes(state) ? null : startedAt + (i + 1) * 61_003;
    return {
      id: `flight-delays/night-${2000 - i}`,
      pipeline: 'flight-delays',
      state,
      startedAt,
      endedAt,
      by: i % 3 ? 'ana@example.com' : 'nightly',
      commit: '9f2c81d0aa',
      dirty: i % 5 === 0,
      endpoint: i % 2 ? 'flight-delays' : null,
    };
  });
  return { runs: [...runs, ...more], next: '50', total: 2003 };
}

/** 2,000 keys, of which a page lists the first 300. */
export function largeRun(view: RunView): RunView {
  const from = recordedAt - 3_600_000;
  const keys = Array.from({ length: 300 }, (_, i): StepStatus => {
    const start = from + 30_000 + Math.floor(i / 8) * 41_000 + (i % 8) * 900;
    const state = i === 17 || i === 203 ? 'failed' : i > 292 ? 'running' : 'done';
    const end = state === 'running' ? null : start + 30_000 + (i % 7) * 4000;
    const attempts =
      i % 41 === 3 ? [attempt(1, start, 12_000, 'worker-lost'), attempt(2, start + 15_000, 20_000, 'done')] : [];
    return {
      step: `station=s${String(i).padStart(4, '0')}/model`,
      kind: 'train',
      state,
      start,
      end,
      attempts,
      errorsAllowed: 2,
      preemptionsAllowed: 50,
      verdict: null,
      note: state === 'failed' ? 'TrainerFailed: exit code 1' : null,
    };
  });
  const map: StepStatus = {
    step: 'station',
    kind: 'map',
    state: 'running',
    start: from + 30_000,
    end: null,
    attempts: [],
    errorsAllowed: 0,
    preemptionsAllowed: 0,
    verdict: null,
    note: '1,412 done, 2 failed of 2,000',
  };
  const first: StepStatus = {
    ...map,
    step: 'weather',
    kind: 'extract',
    state: 'done',
    start: from,
    end: from + 29_000,
    verdict: 'pass',
    note: '1,204,553 rows',
  };
  return {
    ...view,
    at: recordedAt,
    row: { ...view.row, id: 'large/keys', pipeline: 'large', state: 'running', startedAt: from, endedAt: null },
    status: {
      ...view.status,
      workflowId: 'large/keys',
      state: 'running',
      steps: [first, map, ...keys],
      hidden: { done: 1121, running: 1, waiting: 578 },
      next: 302,
      gates: [],
      decisions: [],
      refused: [],
    },
    endpoint: null,
    result: null,
  };
}
