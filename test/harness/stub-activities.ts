import {
  type Candidate,
  type Dataset,
  type GateResult,
  type JobInput,
  type JobOutcome,
  type Model,
  type Notification,
  type Report,
  type RolloutOutcome,
  type Settings,
  Signal,
  type SluiceActivities,
  taskQueue,
} from '@sluice/sdk';
import type { Client } from '@temporalio/client';

const hex = (text: string) => Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64);
export const digestOf = (text: string) => `sha256:${hex(text)}` as const;

export interface StubLog {
  readonly calls: { name: string; input: unknown }[];
  readonly notifications: Notification[];
}

/** Activities that do nothing outside: for tests of the workflow's own behaviour on a real server. */
export function stubActivities(
  project: string,
  client: Client,
  replace: Partial<SluiceActivities> & { settings?: never } = {},
  settings: Partial<Settings> = {},
): SluiceActivities & { readonly log: StubLog } {
  const log: StubLog = { calls: [], notifications: [] };
  const queue = taskQueue(project);
  const noted = <K extends keyof SluiceActivities>(name: K, stub: SluiceActivities[K]): SluiceActivities[K] => {
    const chosen = (replace[name] ?? stub) as (input?: unknown) => Promise<unknown>;
    return (async (input?: unknown) => {
      log.calls.push({ name, input });
      return chosen(input);
    }) as SluiceActivities[K];
  };
  const job = async (input: JobInput): Promise<JobOutcome> => ({ result: jobResult(input), progress: progress(input) });
  const activities: SluiceActivities = {
    settings: async () => ({
      project,
      defaultClass: 'cpu',
      classes: {
        cpu: { taskQueue: queue, gpus: 0, interruptible: false, fallback: null, price: null },
        spot: { taskQueue: queue, gpus: 1, interruptible: true, fallback: 'gpu', price: null },
        gpu: { taskQueue: queue, gpus: 1, interruptible: false, fallback: null, price: null },
      },
      approvers: { names: null, selfApproval: true, oidc: false },
      endpoints: ['shop', 'staging', 'production'],
      mlflow: false,
      notify: true,
      links: { mlflow: null, temporal: null },
      commit: null,
      dirty: null,
      ...settings,
    }),
    openRun: noted('openRun', async () => null),
    closeRun: noted('closeRun', async () => {}),
    extract: noted('extract', async ({ ref }) => dataset(ref.step)),
    train: noted('train', job),
    merge: noted('merge', job),
    step: noted('step', job),
    check: noted('check', async ({ spec, ref: { step } }) => ({
      ...{ name: step, step, verdict: 'pass', evidence: [], data: spec.dataset?.digest ?? null },
      report: { kind: 'report', uri: 'sluice:blob/00', digest: digestOf(step), bytes: 1 },
    })),
    evaluate: noted('evaluate', async ({ spec, ref }) => reportOf(ref.step, spec.model)),
    replay: noted('replay', async ({ spec, ref }) => reportOf(ref.step, spec.model)),
    registerCandidate: noted(
      'registerCandidate',
      async ({ model }): Promise<Candidate> => ({
        digest: model.digest,
        uri: model.uri,
        bytes: model.bytes,
        id: `v-${model.digest.slice(7, 19)}`,
        registered: null,
      }),
    ),
    checkCandidate: noted(
      'checkCandidate',
      async (): Promise<GateResult> => ({
        name: 'candidate health',
        verdict: 'pass',
        evidence: [],
      }),
    ),
    identify: noted('identify', async ({ token }) => ({ by: token })),
    signalTime: noted('signalTime', async () => null),
    recordDecision: noted('recordDecision', async () => ({
      kind: 'report',
      uri: 'sluice:blob/00',
      digest: digestOf('report'),
      bytes: 1,
    })),
    notify: noted('notify', async ({ notification }) => {
      log.notifications.push(notification);
    }),
    placeReport: noted('placeReport', async ({ mlflowRunId }) => `http://mlflow/${mlflowRunId}/report.html`),
    writeReport: noted('writeReport', async ({ mlflowRunId }) => ({
      at: Date.now(),
      artifact: { kind: 'report', uri: 'sluice:blob/00', digest: digestOf('page'), bytes: 1 },
      page: mlflowRunId === null ? null : `http://mlflow/${mlflowRunId}/report.html`,
      warning: null,
    })),
    requestRollout: noted('requestRollout', async ({ request }) => {
      await client.workflow.getHandle(request.replyTo).signal(Signal.rolloutFinished, deployed(request.id));
      return { accepted: true, why: null, outcome: null };
    }),
    withdrawRollout: noted('withdrawRollout', async () => {}),
    rolloutOutcome: noted('rolloutOutcome', async ({ id }) => deployed(id)),
    startVersion: noted('startVersion', async () => ({ ready: true, reason: null, restarts: 0 })),
    observeEndpoint: noted('observeEndpoint', async () => ({ target: null, ledger: null, registry: null, known: {} })),
    saveLedger: noted('saveLedger', async () => ({ conflict: false })),
    setTraffic: noted('setTraffic', async () => ({ at: Date.now(), refused: null })),
    watchTraffic: noted('watchTraffic', async () => ({
      verdict: 'pass',
      evidence: [],
      firstBadAt: null,
      reason: null,
      memory: null,
      moved: false,
    })),
    checkShadow: noted('checkShadow', async () => ({
      ...{ verdict: 'pass', evidence: [], reason: null, rows: 100, report: null },
    })),
    stopVersion: noted('stopVersion', async () => {}),
    markVersion: noted('markVersion', async () => {}),
    replyToRun: noted('replyToRun', async () => {}),
  };
  return Object.assign(activities, { log });
}

export function deployed(id: string): RolloutOutcome {
  return {
    id,
    state: 'deployed',
    candidate: '',
    previous: null,
    reason: null,
    startedAt: 0,
    endedAt: 0,
    firstBadAt: null,
    offTrafficAt: null,
    evidence: [],
  };
}

export function modelOf(step: string, keys: Readonly<Record<string, string>> = {}): Model {
  return {
    kind: 'model',
    uri: `sluice:tree/${hex(step)}`,
    digest: digestOf(step),
    bytes: 10,
    step,
    keys,
    mlflowRunId: null,
    metrics: {},
    lineage: { code: digestOf('code'), hyper: digestOf('hyper'), data: {}, parents: [] },
  };
}

export function progress(input: Pick<JobInput, 'attempt'>) {
  return {
    machine: `machine-${input.attempt}`,
    pid: 1,
    at: Date.now(),
    startedAt: Date.now(),
    resumedFrom: null,
    step: 10,
    total: 10,
    rate: null,
    checkpoint: null,
    checkpointAt: null,
    metrics: {},
    restoreMs: null,
  };
}

function jobResult({ ref, spec }: JobInput): JobOutcome['result'] {
  if (spec.kind !== 'step') return modelOf(ref.step, ref.keys);
  return { step: ref.step, keys: ref.keys, files: null, value: `value of ${ref.step}` };
}

function dataset(step: string): Dataset {
  const artifact = { uri: 'sluice:blob/00', digest: digestOf(step), bytes: 1 };
  return {
    ...artifact,
    kind: 'dataset',
    name: step,
    step,
    keys: {},
    verdict: 'pass',
    evidence: [],
    rows: 1,
    columns: [],
    profile: { ...artifact, kind: 'report' },
  };
}

export function reportOf(step: string, model: Pick<Model, 'digest'>): Report {
  return {
    name: step,
    step,
    verdict: 'pass',
    evidence: [],
    report: { kind: 'report', uri: 'sluice:blob/00', digest: digestOf(step), bytes: 1 },
    candidate: model.digest,
    baseline: null,
  };
}
