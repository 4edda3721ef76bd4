import { join } from 'node:path';
import type { JobInput } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import { mlflowTrainingLog } from '../../mlflow/training-log.ts';
import type { MlflowRunStatus } from '../../mlflow/types.ts';

/** One value of one metric, with the trainer's own time. */
export interface MetricPoint {
  readonly name: string;
  readonly value: number;
  readonly step: number;
  /** Epoch ms. */
  readonly time: number;
}

/** Where metrics go while a job trains. Its failures never fail the training. */
export interface TrainingLog {
  /** Makes or finds the run that metrics belong to. */
  start(): Promise<{ readonly runId: string | null }>;
  /** Takes points; sends them later, in batches, with their own times. */
  metrics(points: readonly MetricPoint[]): void;
  /** Sends what is left, for at most 30 s, and says how the attempt ended. */
  end(status: 'done' | 'failed' | 'preempted' | 'cancelled'): Promise<void>;
}

/** One MLflow run per job over all its attempts; plain steps and projects without MLflow have none. */
export function trainingLog(context: ActivityContext, input: JobInput): TrainingLog {
  if (context.mlflow === null || input.spec.kind === 'step') return noLog;
  const log = mlflowTrainingLog(context.mlflow, {
    experiment: context.config.project,
    input,
    parentRunId: input.parentRunId,
    tags: { 'sluice.image': context.config.classes?.[input.class]?.image ?? null },
    unsent: join(context.stateDir, 'mlflow-unsent'),
    log: (line) => console.error(`${input.ref.step}: ${line}`),
  });
  return {
    start: () => log.start(),
    metrics: (points) => log.metrics(points),
    end: (status) => log.end(runStatus[status]),
  };
}

const noLog: TrainingLog = { start: async () => ({ runId: null }), metrics: () => {}, end: async () => {} };

const runStatus: Record<Parameters<TrainingLog['end']>[0], MlflowRunStatus> = {
  done: 'FINISHED',
  failed: 'FAILED',
  preempted: 'RUNNING',
  cancelled: 'KILLED',
};
