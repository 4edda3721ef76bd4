import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '@sluice/sdk';
import type { MlflowClient } from './client.ts';
import { MlflowRefused } from './errors.ts';
import { type MetricPoint, metricBuffer } from './metric-buffer.ts';
import { describeTrainingRun, findTrainingRun, type TrainingRunFacts, trainingRunKey } from './training-run.ts';
import type { MlflowRunStatus } from './types.ts';
import { keepUnsent, sendUnsent } from './unsent.ts';

export type { MetricPoint } from './metric-buffer.ts';

export interface TrainingLogOptions extends TrainingRunFacts {
  /** Folder for what could not be sent; null throws it away. */
  readonly unsent: string | null;
  readonly log?: (line: string) => void;
  /** Between batches, ms. @default 2000 */
  readonly every?: number;
  /** Longest wait in `start`, ms; it goes on beside the training. @default 10000 */
  readonly startWithin?: number;
  /** Longest wait in `end`, ms. @default 30000, and 5000 for `RUNNING` */
  readonly endWithin?: number;
  /** Values that may wait. @default 200000 */
  readonly capacity?: number;
}

/** Where a job's metrics go while it trains. Nothing here ever throws or holds the training up. */
export interface MlflowTrainingLog {
  /** The job's MLflow run; null while the server has not answered yet. */
  readonly runId: string | null;
  /** Makes or finds the job's run: one over all attempts. */
  start(): Promise<{ readonly runId: string | null }>;
  /** Takes values; they are sent in batches, with their own times. */
  metrics(points: readonly MetricPoint[]): void;
  /** Takes tags of the run, such as the step an attempt resumed from; sent with the next batch. */
  tags(tags: Readonly<Record<string, string>>): void;
  /** Sends what is left and says how the attempt ended; `RUNNING` for one that will be resumed. */
  end(status: MlflowRunStatus): Promise<void>;
}

const BATCH = 1000;

export function mlflowTrainingLog(client: MlflowClient, options: TrainingLogOptions): MlflowTrainingLog {
  const log = options.log ?? (() => {});
  const every = options.every ?? 2000;
  const buffer = metricBuffer(options.capacity ?? 200_000);
  const closing = new AbortController();
  const call = { attempts: 2, signal: closing.signal };
  let runId: string | null = null;
  let described = false;
  let tags: Record<string, string> = {};
  let trouble: unknown = null;
  let refusedValues = 0;
  let droppedTold = 0;
  let timer: NodeJS.Timeout | null = null;
  let pumping: Promise<void> | null = null;
  let ended = false;

  async function open(): Promise<string> {
    const id = runId ?? (await findTrainingRun(client, options, call));
    runId = id;
    if (!described) {
      await describeTrainingRun(client, id, options, call);
      if (options.unsent !== null) await sendUnsent(client, options.unsent, trainingRunKey(options.input), call);
      described = true;
    }
    return id;
  }

  /** Sends everything that waits; stops at the first thing that the server does not answer. */
  async function sendAll(): Promise<void> {
    for (;;) {
      const id = await open();
      const points = buffer.first(BATCH);
      const facts = tags;
      if (points.length === 0 && Object.keys(facts).length === 0) return;
      if (!(await send(id, points, facts))) continue;
      buffer.taken(points);
      tags = Object.fromEntries(Object.entries(tags).filter(([key, value]) => facts[key] !== value));
    }
  }

  /** @returns false when the run is gone and another one has to be made */
  async function send(id: string, points: readonly MetricPoint[], facts: Record<string, string>): Promise<boolean> {
    try {
      await client.logBatch(id, wireBatch(points, facts), call);
      return true;
    } catch (error) {
      if (!(error instanceof MlflowRefused) || error.status !== 400) throw error;
      const run = await client.getRun(id, call);
      if (run === null || run.info.lifecycle_stage !== 'active') {
        runId = null;
        described = false;
        return false;
      }
      if (points.length + Object.keys(facts).length <= 1) {
        refusedValues += points.length;
        log(`MLflow refuses ${points[0]?.name ?? Object.keys(facts)[0]}: ${describeError(error)}`);
        return true;
      }
      // One bad value must not cost the others: halve until it stands alone.
      const half = Math.floor(points.length / 2);
      if (points.length === 0) {
        for (const [key, value] of Object.entries(facts)) if (!(await send(id, [], { [key]: value }))) return false;
        return true;
      }
      return (await send(id, points.slice(0, half), facts)) && (await send(id, points.slice(half), {}));
    }
  }

  function pump(): Promise<void> {
    pumping ??= sendAll()
      .then(
        () => {
          if (trouble !== null) log('MLflow answers again');
          trouble = null;
        },
        (error: unknown) => {
          if (trouble === null && !closing.signal.aborted) log(`${describeError(error)} Metrics wait here.`);
          trouble = error;
        },
      )
      .finally(() => {
        pumping = null;
      });
    return pumping;
  }

  /** Waits longer the longer the server is silent. */
  function schedule(wait: number): void {
    if (ended) return;
    timer = setTimeout(async () => {
      await pump();
      schedule(trouble === null ? every : Math.min(wait * 2, Math.max(every, 15_000)));
    }, wait);
    timer.unref();
  }

  async function keepRest(status: MlflowRunStatus, endTime: number | null): Promise<void> {
    const lost = `${buffer.length} metric values of ${options.input.ref.step}`;
    if (options.unsent === null) {
      log(`MLflow was not told ${lost}: ${describeError(trouble)}`);
      return;
    }
    const { experiment, parentRunId, input } = options;
    const path = await keepUnsent(options.unsent, {
      ...{ experiment, key: trainingRunKey(input), name: input.ref.step, parentRunId },
      ...{ status, endTime, tags, points: buffer.all() },
    });
    log(`MLflow was not told ${lost}; they are kept in ${path}: ${describeError(trouble)}`);
  }

  return {
    get runId() {
      return runId;
    },
    async start() {
      schedule(every);
      await Promise.race([pump(), delay(options.startWithin ?? 10_000, undefined, { ref: false })]);
      return { runId };
    },
    metrics(points) {
      if (!ended) buffer.add(points);
    },
    tags(more) {
      tags = { ...tags, ...more };
    },
    async end(status) {
      if (ended) return;
      ended = true;
      if (timer !== null) clearTimeout(timer);
      const endTime = status === 'RUNNING' ? null : Date.now();
      const within = options.endWithin ?? (status === 'RUNNING' ? 5_000 : 30_000);
      const limit = setTimeout(() => closing.abort(new Error('the time for telling MLflow is over')), within);
      try {
        let told = false;
        for (let wait = 200; !told && !closing.signal.aborted; wait = Math.min(wait * 2, 2_000)) {
          await pump();
          const dropped = buffer.thinned + refusedValues;
          if (dropped > droppedTold) {
            tags['sluice.metrics.dropped'] = String(dropped);
            droppedTold = dropped;
          }
          const empty = buffer.length === 0 && Object.keys(tags).length === 0;
          if (trouble === null && !empty) continue;
          told = trouble === null && (await close(status, endTime));
          if (!told && trouble instanceof MlflowRefused) break;
          if (!told) await delay(wait, undefined, { signal: closing.signal }).catch(() => {});
        }
        if (!told) await keepRest(status, endTime);
      } catch (error) {
        log(`What MLflow was not told could not be kept: ${describeError(error)}`);
      } finally {
        clearTimeout(limit);
        closing.abort(new Error('the training log is closed'));
      }
    },
  };

  async function close(status: MlflowRunStatus, endTime: number | null): Promise<boolean> {
    if (runId === null || endTime === null) return runId !== null;
    try {
      await client.updateRun({ run_id: runId, status, end_time: endTime }, call);
      return true;
    } catch (error) {
      trouble = error;
      return false;
    }
  }
}

function wireBatch(points: readonly MetricPoint[], tags: Readonly<Record<string, string>>) {
  return {
    metrics: points.map(({ name, value, step, time }) => ({ key: name, value, step, timestamp: time })),
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  };
}
