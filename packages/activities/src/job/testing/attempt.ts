import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type AttemptProgress,
  command,
  type JobFailure,
  type JobInput,
  type JobOutcome,
  type JobSpec,
  python,
} from '@sluice/sdk';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityContext, PreemptionNotice } from '../../context.ts';
import { fileStore } from '../../store/file-store.ts';
import { type JobOptions, runJob } from '../job.ts';
import type { StopReason } from '../seam.ts';

/** The interpreter itself: a version manager's shim would cost a shell at each start. */
export const interpreter = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim();
export const trainer = resolve(import.meta.dirname, 'trainer.py');

export interface Bench {
  readonly root: string;
  readonly context: ActivityContext;
  /** Tells the machine's end. */
  notice(deadline: number): void;
  close(): Promise<void>;
}

/** A project in a temporary folder, with a store, and no server at all. */
export async function bench(over: Partial<ActivityContext> = {}, folder = tmpdir()): Promise<Bench> {
  const root = await mkdtemp(join(folder, 'sluice-job-'));
  const listeners = new Set<(notice: PreemptionNotice) => void>();
  const unused = new Proxy({}, { get: () => undefined });
  const context: ActivityContext = {
    root,
    stateDir: join(root, '.sluice'),
    config: { project: 'test', pipelines: [] },
    store: fileStore(join(root, 'store')),
    mlflow: null,
    gateway: null,
    python: interpreter,
    trainerPath: resolve(import.meta.dirname, '../../../../trainer/src'),
    temporal: unused as ActivityContext['temporal'],
    links: { mlflow: null, temporal: null },
    machine: 'gpu-0',
    resourceClass: 'cpu',
    preemption: {
      current: () => null,
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    ...over,
  };
  return {
    root,
    context,
    notice: (deadline) => {
      for (const listener of listeners) listener({ eventId: 'e', deadline, reason: 'Preempt by Platform' });
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
}

export interface AttemptOptions extends JobOptions {
  readonly kind?: JobSpec['kind'];
  readonly spec?: Partial<JobSpec>;
  readonly input?: Partial<JobInput>;
  readonly onHeartbeat?: (progress: AttemptProgress) => void;
  readonly onDelivery?: number;
}

export interface RunningAttempt {
  readonly outcome: Promise<JobOutcome>;
  readonly heartbeats: readonly AttemptProgress[];
  cancel(reason: StopReason): void;
  /** Resolves once a heartbeat says so; rejects when the attempt ends before. */
  until(is: (progress: AttemptProgress) => boolean): Promise<AttemptProgress>;
}

export function startAttempt(on: Bench, attempt: number, options: AttemptOptions = {}): RunningAttempt {
  const kind = options.kind ?? 'train';
  const controller = new AbortController();
  let reason: StopReason = 'cancelled';
  const heartbeats: AttemptProgress[] = [];
  const watchers = new Set<(progress: AttemptProgress) => void>();
  const outcome = runJob(
    on.context,
    kind,
    inputOf(kind, attempt, options),
    {
      heartbeat: (progress) => {
        heartbeats.push(progress);
        for (const watcher of watchers) watcher(progress);
      },
      cancelled: controller.signal,
      reason: () => reason,
      delivery: options.onDelivery ?? 1,
    },
    options,
  );
  outcome.catch(() => {});
  return {
    outcome,
    heartbeats,
    cancel(why) {
      reason = why;
      controller.abort();
    },
    until: (is) =>
      new Promise((found, failed) => {
        const watcher = (progress: AttemptProgress) => {
          if (is(progress)) found(progress);
        };
        watchers.add(watcher);
        const last = heartbeats.at(-1);
        if (last !== undefined) watcher(last);
        outcome.then(() => failed(new Error('the attempt was done before')), failed);
      }),
  };
}

export function inputOf(kind: JobSpec['kind'], attempt: number, options: AttemptOptions = {}): JobInput {
  const spec: JobSpec = {
    kind,
    name: 'delay',
    run: { ...python(trainer), code: [] },
    data: {},
    models: [],
    hyper: {},
    seed: 7,
    budgets: { errors: 2, preemptions: 50, onDemandAfter: 5, deadline: null, maxRuntime: null, maxQueued: null },
    stall: null,
    heartbeat: 30_000,
    resume: 'same',
    keep: 2,
    on: null,
    temporal: null,
    ...options.spec,
  };
  return {
    ref: {
      workflowId: 'flights/2026–01',
      pipeline: 'flights',
      step: 'airport=EWR/delay',
      name: 'delay',
      keys: { airport: 'EWR' },
    },
    spec,
    attempt,
    order: 1_000_000 + attempt,
    class: 'cpu',
    gpus: 0,
    interruptible: true,
    parentRunId: null,
    ...options.input,
  };
}

/** Writes a Python script into the project and returns its command. */
export async function script(on: Bench, text: string, name = 'script.py'): Promise<JobSpec['run']> {
  await writeFile(
    join(on.root, name),
    `import json, os, sys, time, signal\nspec = json.load(open(os.environ["SLUICE_STEP"], encoding="utf-8"))\nevents = open(os.environ["SLUICE_EVENTS"], "a", encoding="utf-8")\ndef tell(**event):\n    events.write(json.dumps(event) + "\\n"); events.flush()\n${text}`,
  );
  return python(name);
}

export const shell = (text: string): JobSpec['run'] => command(['sh', '-c', text]);

export interface Failed {
  readonly type: string;
  readonly message: string;
  readonly nonRetryable: boolean;
  readonly details: JobFailure;
}

/** How an attempt failed. */
export async function failureOf(outcome: Promise<unknown>): Promise<Failed> {
  const error = await outcome.then(
    () => new Error('it did not fail'),
    (failure: unknown) => failure,
  );
  if (!(error instanceof ApplicationFailure)) throw error;
  return {
    type: error.type ?? '',
    message: error.message,
    nonRetryable: error.nonRetryable === true,
    details: error.details?.[0] as JobFailure,
  };
}
