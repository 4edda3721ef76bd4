import type { EndpointState, OpenGate } from '@sluice/sdk';
import { runsLines } from '../../packages/cli/src/commands/runs.ts';
import { statusLines } from '../../packages/cli/src/commands/status.ts';
import type { Paint } from '../../packages/cli/src/follow/colours.ts';
import type { Snapshot } from '../../packages/cli/src/follow/snapshot.ts';
import { attempt, gate, job, snapshot, start, step } from '../../packages/cli/src/follow/testing.ts';
import { datasetDiffLines } from '../../packages/cli/src/look/diff-datasets.ts';
import { resultsLines } from '../../packages/cli/src/look/result-lines.ts';
import type { ListedRun } from '../../packages/cli/src/run/list-runs.ts';
import { after, before, record, showProfile } from './made.ts';

/** Looks at a run, a second apart, that the live display is given one after the other. */
export const followed: Readonly<Record<string, () => readonly Snapshot[]>> = {
  'follow-map': followMap,
  'follow-blocked': () => followGate({ state: 'blocked', verdict: 'fail' }),
  'follow-approval': () => followGate({}),
  'follow-rollout': followRollout,
};

/** What is printed and scrolls by. */
export const printed: Readonly<Record<string, (paper: { paint: Paint; columns: number }) => string[]>> = {
  status: (paper) => [
    ...statusLines(ended(), paper),
    ...resultsLines(record(), 'flight-delays/nightly-7', () => '/work/store/blobs/9f', paper),
  ],
  runs: (paper) => runsLines(listed(), paper, start + 7_200_000),
  'artifacts-show': showProfile,
  'artifacts-diff': ({ columns }) => datasetDiffLines(before(), after(), columns),
};

function at(seconds: number, status: Parameters<typeof snapshot>[0], more: Partial<Snapshot> = {}): Snapshot {
  return snapshot(
    { workflowId: 'flight-delays/nightly-7', pipeline: 'flight-delays', ...status },
    { at: start + seconds * 1000, ...more },
  );
}

const airports = ['EWR', 'JFK', 'LGA', 'CDG', 'HND', 'Zürich', '東京国際', 'a-heliport-with-a-name-that-does-not-end'];

/** A map of eight of which two fail and one is preempted, all within its tolerance. */
function followMap(): Snapshot[] {
  const rows = step('rows', {
    kind: 'extract',
    state: 'done',
    start,
    end: start + 2000,
    verdict: 'pass',
    note: '336,776 rows',
  });
  const map = (note: string | null) => step('airport', { kind: 'map', start: start + 2000, note });
  const path = (key: string) => `airport=${key}/delay`;
  const running = (key: string) => step(path(key), { start: start + 2500 });
  const failed = (key: string) =>
    step(path(key), {
      state: 'failed',
      start: start + 2500,
      end: start + 9000,
      note: 'The trainer exited with code 1: ValueError: no flights left from there in 2013, and 1234567.89 is not a year',
      attempts: [
        attempt(1, {
          ended: 'failed',
          message: 'The trainer exited with code 1: ValueError: no flights',
          start: start + 3000,
          end: start + 9000,
        }),
      ],
    });
  const preempted = step(path('EWR'), {
    start: start + 2500,
    attempts: [attempt(1, { ended: 'preempted', stepsLost: 14, secondsLost: 3.14, end: start + 12_000 })],
  });
  const progress = (done: number) =>
    airports.map((key, index) =>
      job(path(key), {
        step: done + 100 * index,
        total: 3000,
        rate: 31,
        checkpoint: done,
        machine: `spot-${index + 1}`,
      }),
    );
  const others = airports.slice(1, 6).map(running);
  return [
    at(3, { steps: [rows, map(null), ...airports.map(running)] }, { jobs: progress(100) }),
    at(8, { steps: [rows, map(null), ...airports.map(running)] }, { jobs: progress(400) }),
    at(
      13,
      { steps: [rows, map('0 done, 2 failed of 8'), preempted, ...others, ...airports.slice(6).map(failed)] },
      {
        jobs: [
          job(
            path('EWR'),
            { step: 1210, total: 3000, rate: 29, checkpoint: 1200, resumedFrom: 1200, machine: 'spot-9' },
            { attempt: 2 },
          ),
          ...progress(1000).slice(1, 5),
          job(path('Zürich'), null, { started: false, worker: null }),
        ],
      },
    ),
  ];
}

const evidence = [
  {
    metric: 'absolute_error',
    slice: 'carrier=Hawaiian Airlines',
    verdict: 'pass',
    value: 12.3456,
    baseline: 13.1,
    threshold: '> -0.5',
    note: 'n 400 of 12,000 cases, drawn evenly over 16 categories',
  },
  { metric: 'absolute_error', slice: 'carrier=UA', verdict: 'pass', value: 15.25, baseline: 15.3, threshold: '> -0.5' },
  { metric: 'unanswered', verdict: 'pass', value: 0, threshold: '= 0' },
] as const;

function followGate(more: Partial<OpenGate>): Snapshot[] {
  const worst = evidence.map((one) => (more.verdict === 'fail' ? { ...one, verdict: 'fail' as const } : one));
  const asked: OpenGate = {
    ...gate,
    ...more,
    gates: [
      { name: 'holdout', verdict: more.verdict ?? 'pass', evidence: worst },
      { name: 'replay', verdict: 'pass', evidence: [] },
    ],
    commands:
      more.state === 'blocked'
        ? [
            'sluice override flight-delays/nightly-7 --step delays --endpoint delays --candidate ab12ab12ab12 --reason "…"',
            'sluice reject flight-delays/nightly-7 --step delays --endpoint delays --candidate ab12ab12ab12',
          ]
        : ['sluice approve flight-delays/nightly-7 --step delays --endpoint delays --candidate ab12ab12ab12'],
  };
  const fit = step('delay', { state: 'done', end: start + 30_000 });
  const deploy = step('delays', { kind: 'deploy', state: 'waiting', start: start + 31_000 });
  return [
    at(
      20,
      { steps: [step('delay')] },
      { jobs: [job('delay', { step: 2900, total: 3000, rate: 31, checkpoint: 2800 })] },
    ),
    at(33, { state: more.state ?? 'awaiting-approval', steps: [fit, deploy], gates: [asked] }),
  ];
}

function followRollout(): Snapshot[] {
  const deploy = step('delays', { kind: 'deploy', start: start + 31_000 });
  const decision = {
    decision: 'approve',
    by: 'ana@example.com',
    at: new Date(start + 40_000).toISOString(),
    via: 'update',
    reason: null,
    run: 'flight-delays/nightly-7',
    step: 'delays',
    endpoint: 'delays',
    candidate: gate.candidate,
  } as unknown as Snapshot['status']['decisions'][number];
  const endpoint = (phase: string, share: number) =>
    ({
      endpoint: 'delays',
      phase,
      weights: { 'v-9f31c2ab77d0': 100 - share, 'v-ab12ab12ab12': share },
    }) as unknown as EndpointState;
  return [
    at(41, { state: 'rolling-out', steps: [deploy], decisions: [decision] }, { endpoint: endpoint('mirror', 0) }),
    at(60, { state: 'rolling-out', steps: [deploy], decisions: [decision] }, { endpoint: endpoint('canary 5 %', 5) }),
    at(90, { state: 'rolling-out', steps: [deploy], decisions: [decision] }, { endpoint: endpoint('canary 50 %', 50) }),
  ];
}

const price = { perHour: 0.9, currency: 'EUR', source: 'a price list', at: '2026-01-01' };

function ended(): Snapshot {
  const trained = attempt(2, { price, seconds: 90, resumedFrom: 1200, start: start + 25_000, end: start + 115_000 });
  const lost = attempt(1, { price, ended: 'preempted', stepsLost: 14, secondsLost: 3.1, seconds: 20 });
  return at(
    300,
    {
      state: 'deployed',
      steps: [
        step('rows', { kind: 'extract', state: 'done', end: start + 3000, verdict: 'pass', note: '336,776 rows' }),
        step('airport=EWR/delay', { state: 'done', end: start + 115_000, attempts: [lost, trained] }),
        step('holdout', {
          kind: 'evaluate',
          state: 'done',
          start: start + 115_000,
          end: start + 120_000,
          verdict: 'pass',
        }),
        step('delays', {
          kind: 'deploy',
          state: 'done',
          start: start + 120_000,
          end: start + 290_000,
          verdict: 'pass',
          note: 'deployed',
        }),
      ],
      links: { mlflow: 'http://127.0.0.1:5000/#/runs/1a2b' },
    },
    { closed: { at: start + 300_000, failure: null } },
  );
}

function listed(): ListedRun[] {
  const states = ['running', 'awaiting-approval', 'blocked', 'deployed', 'rolled-back', 'failed', 'cancelled'] as const;
  return states.map((state, index) => ({
    workflowId:
      index === 3 ? `flight-delays/${'weekly-'.repeat(6)}20260102-030405-x7k2` : `flight-delays/nightly-${index + 1}`,
    runId: `r${index}`,
    pipeline: 'flight-delays',
    state,
    status: index < 3 ? 'RUNNING' : 'COMPLETED',
    start: new Date(start - index * 86_400_000),
    close: index < 3 ? null : new Date(start - index * 86_400_000 + 612_000),
    commit: '1a2b3c4d5e6f',
    endpoint: 'delays',
    by: index === 4 ? '東京のアナ' : 'ana@example.com',
  }));
}
