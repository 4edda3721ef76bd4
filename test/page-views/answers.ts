import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AttemptEnd, type AttemptRecord, type OpenGate, type StepStatus, worstOf } from '@sluice/sdk';
import type {
  ArtifactView,
  ColumnView,
  LogView,
  RunRow,
  RunsView,
  RunView,
  StepView,
} from '../../packages/ui/src/api.ts';

/** What the recorded runs of the demo were asked at, epoch ms. */
export const recordedAt = 1795634400000;
/** A name that would run if any page forgot to escape it. */
export const hostile = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';

/** Answers by path and query, as `sluice ui` gave them during the demo, and some that are larger or odder than the demo. */
export async function pageAnswers(): Promise<Map<string, unknown>> {
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(import.meta.dirname, 'recorded', `${name}.json`), 'utf8'));
  const run = async (name: string) => (await read(`run-${name}`)) as RunView;
  const training = await run('training');
  const deployed = await run('deployed');
  const recordedRuns = (await read('runs')) as RunsView;
  const answers = new Map<string, unknown>([
    ['/api/project', await read('project')],
    ['/api/endpoints', await read('endpoints')],
    ['/api/endpoint?name=flight-delays', await read('endpoint-steady')],
    ['/api/endpoint?name=moving', await read('endpoint-rolling-out')],
    ['/api/step?run=delays/training&step=airport=LGA/delay', await read('step-training')],
    ['/api/step?run=delays/rejected&step=recent-traffic', await read('step-replay')],
    ['/api/step?run=delays/rejected&step=holdout', await read('step-holdout')],
    ['/api/log?run=delays/training&step=airport=LGA/delay', await read('log')],
    [
      '/api/log?run=delays/hostile&step=x',
      { step: 'x', attempt: 1, attempts: [1], lines: [hostile], cut: false } satisfies LogView,
    ],
    [`/api/artifact?digest=${dataset.link.digest}`, dataset],
    [`/api/artifact?digest=${model.link.digest}`, model],
    ['/api/runs', manyRuns(recordedRuns)],
    ...['a', 'an', 'ana'].map((text) => [`/api/runs?text=${text}`, manyRuns(recordedRuns)] as const),
    ['/api/runs?state=failed', { runs: [], next: null, total: 0 } satisfies RunsView],
    ['/api/run?id=large/keys', largeRun(deployed)],
    ['/api/run?id=delays/hostile', hostileRun(deployed)],
    ['/api/run?id=delays/failed', failedRun(deployed)],
    ['/api/step?run=delays/hostile&step=x', hostileStep((await read('step-training')) as StepView)],
  ]);
  for (const [name, view] of Object.entries({
    training,
    deployed,
    asking: asking(await run('asking'), (await read('step-asking')) as StepView, 'awaiting-approval'),
    blocked: asking(await run('rejected'), (await read('step-blocked')) as StepView, 'blocked'),
    'rolling-out': await run('rolling-out'),
    rejected: await run('rejected'),
  })) {
    answers.set(`/api/run?id=delays/${name}`, view);
  }
  return answers;
}

/** The recorded run while its question was open, with the gates that were recorded with its deploy step. */
function asking(view: RunView, { status, spec, inputs }: StepView, state: OpenGate['state']): RunView {
  const gates = (spec as unknown as { gates: OpenGate['gates'] }).gates;
  const candidate = inputs[0]?.digest ?? '';
  const bound = `${view.row.id} --step flight-delays --endpoint flight-delays --candidate ${candidate.slice(7, 19)}`;
  const verbs = [
    ...(state === 'blocked' ? [] : [`sluice approve ${bound}`]),
    `sluice override ${bound} --reason '…'`,
    `sluice reject ${bound} --reason '…'`,
  ];
  const gate: OpenGate = {
    step: 'flight-delays',
    endpoint: 'flight-delays',
    candidate,
    version: '2',
    state,
    verdict: worstOf(gates.map(({ verdict }) => verdict)),
    gates,
    expiresAt: recordedAt + 172_000_000,
    round: 1,
    commands: verbs,
  };
  const steps = view.status.steps.map((one) =>
    one.step === 'flight-delays' ? { ...status, state: 'waiting' as const, end: null, verdict: null, note: null } : one,
  );
  return {
    ...view,
    row: { ...view.row, state, endedAt: null },
    status: { ...view.status, state, steps, gates: [gate], decisions: [] },
    failure: null,
  };
}

function manyRuns({ runs }: RunsView): RunsView {
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

function attempt(number: number, start: number, ms: number, ended: AttemptEnd): AttemptRecord {
  const lost = ended === 'done' ? 0 : 140;
  return {
    attempt: number,
    class: 'gpu-spot',
    gpus: 0,
    price: null,
    machine: `gpu-spot-${number}`,
    start,
    end: start + ms,
    ended,
    code: ended === 'done' ? null : 'WorkerLost',
    message: ended === 'done' ? null : 'no heartbeat for 8 s: the worker is gone',
    resumedFrom: number === 1 ? null : 400 * number,
    lastStep: 900 * number,
    checkpoint: 900 * number - lost,
    stepsLost: lost,
    secondsLost: lost / 30,
    seconds: ms / 1000,
  };
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

function hostileRun(view: RunView): RunView {
  const step = view.status.steps[0];
  const steps = step === undefined ? [] : [{ ...step, step: 'x', note: hostile }];
  return {
    ...view,
    row: { ...view.row, by: hostile, endpoint: hostile },
    status: { ...view.status, steps, gates: [] },
    params: { [hostile]: hostile },
    failure: { code: 'TrainerFailed', message: hostile, tail: [hostile] },
    temporalUrl: 'javascript:alert(1)',
  };
}

function hostileStep(view: StepView): StepView {
  return {
    ...view,
    status: { ...view.status, step: 'x', note: hostile },
    inputs: [{ name: hostile, kind: 'files', digest: 'sha256:00', bytes: 1 }],
    metrics: { [hostile]: 1 },
  };
}

function failedRun(view: RunView): RunView {
  const steps = view.status.steps.slice(0, 3).map((one, i) =>
    i < 2
      ? one
      : {
          ...one,
          state: 'failed' as const,
          note: 'TrainerFailed: exit code 1',
          attempts: [
            attempt(1, one.start, 20_000, 'preempted'),
            { ...attempt(2, one.start + 25_000, 9000, 'failed'), code: 'TrainerFailed', message: 'exit code 1' },
          ],
          end: one.start + 34_000,
        },
  );
  const tail = [
    'Traceback (most recent call last):',
    '  File "trainers/train.py", line 41, in <module>',
    '    main()',
    "KeyError: 'sched_dep_time'",
  ];
  return {
    ...view,
    row: { ...view.row, id: 'flight-delays/failed', state: 'failed', endedAt: view.row.startedAt + 95_000 },
    status: { ...view.status, state: 'failed', steps, decisions: [] },
    failure: {
      code: 'TrainerFailed',
      message: "airport=EWR/delay: the trainer ended with exit code 1: KeyError: 'sched_dep_time'",
      tail,
    },
    result: null,
  };
}

const digest = (seed: string) => `sha256:${seed.repeat(64).slice(0, 64)}` as const;

function bell(name: string, type: string, low: number, high: number, centre: number): ColumnView {
  const edges = Array.from({ length: 31 }, (_, i) => low + ((high - low) * i) / 30);
  const counts = edges
    .slice(0, -1)
    .map((edge) => Math.round(9000 * Math.exp(-(((edge - centre) / ((high - low) / 7)) ** 2))));
  return {
    name,
    type,
    nulls: 0,
    distinct: 480,
    min: low,
    max: high,
    mean: centre + 1.2345,
    sd: (high - low) / 9,
    histogram: { edges, counts },
    top: null,
  };
}

const plain = { histogram: null, mean: null, sd: null, min: null, max: null };

export const dataset: ArtifactView = {
  link: { name: 'flights', kind: 'dataset', digest: digest('f7d844c7'), bytes: 1_708_655 },
  uri: 'sluice:blob/f7d8',
  files: [{ path: 'data.parquet', bytes: 1_708_655 }],
  moreFiles: 0,
  rows: 77_911,
  columns: [
    bell('dep_delay', 'DOUBLE', -43, 1301, 12),
    bell('sched_dep_time', 'INTEGER', 106, 2359, 1340),
    {
      ...plain,
      name: 'carrier',
      type: 'VARCHAR',
      nulls: 0,
      distinct: 16,
      top: [
        { value: hostile, count: 14_775 },
        { value: 'UA', count: 14_770 },
        { value: 'EV', count: 13_211 },
        { value: 'B6', count: 12_402 },
      ],
    },
    {
      ...plain,
      name: 'origin',
      type: 'VARCHAR',
      nulls: 1204,
      distinct: 3,
      top: [
        { value: 'EWR', count: 28_118 },
        { value: 'JFK', count: 26_003 },
        { value: '', count: 23_790 },
      ],
    },
    {
      ...plain,
      name: 'flown_on',
      type: 'DATE',
      nulls: 0,
      distinct: 90,
      min: '2013-01-01',
      max: '2013-03-31',
      top: null,
    },
    bell('arr_delay', 'DOUBLE', -86, 1272, 6),
  ],
  checks: [
    {
      metric: 'between -120 and 1500',
      slice: 'arr_delay',
      verdict: 'pass',
      value: 1,
      threshold: '>= 0.999',
      n: 77_911,
    },
    { metric: 'not null', slice: 'carrier', verdict: 'pass', value: 1, threshold: '>= 1', n: 77_911 },
  ],
  verdict: 'pass',
  metrics: {},
  lineage: null,
  madeBy: [{ run: 'flight-delays/demo-1', step: 'flights', at: recordedAt - 400_000, commit: 'e892d88a5a' }],
  usedBy: ['EWR', 'JFK', 'LGA'].map((key) => ({
    run: 'flight-delays/demo-1',
    step: `airport=${key}/delay`,
    at: recordedAt - 390_000,
    commit: 'e892d88a5a',
  })),
  from: [],
  into: ['EWR', 'JFK', 'LGA'].map((key, i) => ({
    name: `airport=${key}/delay`,
    kind: 'model' as const,
    digest: digest(`a${i}`),
    bytes: 27_000 + i,
  })),
  lookedAt: 3,
};

export const model: ArtifactView = {
  link: { name: 'by-airport', kind: 'model', digest: digest('64c98927'), bytes: 81_770 },
  uri: 'sluice:tree/64c9',
  files: ['MLmodel', 'model/EWR.json', 'model/JFK.json', 'model/LGA.json', 'serve.py'].map((path, i) => ({
    path,
    bytes: 1000 * (i + 1),
  })),
  moreFiles: 12,
  rows: null,
  columns: [],
  checks: [],
  verdict: null,
  metrics: { loss: 1.1714, 'mae/EWR': 12.034, 'mae/JFK': 11.2, 'mae/LGA': 0.000012 },
  lineage: {
    code: digest('c0de'),
    hyper: digest('11'),
    data: { flights: digest('f7d844c7') },
    parents: [digest('a0')],
  },
  madeBy: [{ run: 'flight-delays/demo-2', step: 'by-airport', at: recordedAt - 200_000, commit: 'e892d88a5a' }],
  usedBy: ['holdout', 'recent-traffic', 'flight-delays'].map((step) => ({
    run: 'flight-delays/demo-2',
    step,
    at: recordedAt - 190_000,
    commit: 'e892d88a5a',
  })),
  from: dataset.into,
  into: [],
  lookedAt: 3,
};
