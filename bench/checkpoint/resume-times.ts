import type { JobOutcome } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { TrainerLine } from './trainer-log.ts';

/** Where the time goes between a worker's death and the moment the training is where it was. Seconds. */
export interface ResumeTimes {
  /** Until Temporal has noticed: at most the heartbeat timeout, and what the server needs; of a notice, until the attempt has ended. */
  readonly detect: number;
  /** Until another worker has begun with it. */
  readonly dispatch: number;
  /** Until the trainer is started with its checkpoint fetched and verified. */
  readonly restore: number;
  /** Until the trainer has read its state and trains. */
  readonly load: number;
  /** Until it has done again what was lost. */
  readonly recompute: number;
  readonly total: number;
  /** Between the last step before and the first after: how long nothing was learned. */
  readonly idle: number;
  readonly stepsLost: number;
}

/**
 * Puts the run's history (when attempts ended and began), the progress its second attempt reported, and the trainer's
 * own log together.
 */
export async function resumeTimes(
  client: Client,
  workflowId: string,
  killedAt: number,
  lines: readonly TrainerLine[],
): Promise<ResumeTimes> {
  const handle = client.workflow.getHandle(workflowId);
  const { events } = await handle.fetchHistory();
  const outcome = await secondOutcome(client, events ?? []);
  const ended = (events ?? []).find(
    (event) => event.activityTaskTimedOutEventAttributes ?? event.activityTaskFailedEventAttributes,
  );
  if (ended === undefined) throw new Error('No attempt of the run was lost, so there is nothing to measure.');
  const noticedAt = epoch(ended.eventTime);
  const { startedAt, restoreMs, resumedFrom } = outcome.progress;
  const spawnedAt = startedAt / 1000 + (restoreMs ?? 0) / 1000;
  const before = lines.findLast((line) => line.attempt === 1 && line.step !== undefined);
  const ready = lines.find((line) => line.attempt === 2 && line.what === 'ready');
  const lastStep = before?.step ?? 0;
  const again = lines.find((line) => line.attempt === 2 && (line.step ?? 0) >= lastStep);
  if (ready === undefined || again === undefined || resumedFrom === null) {
    throw new Error('The second attempt did not go on from a checkpoint of the first.');
  }
  return {
    detect: noticedAt - killedAt,
    dispatch: startedAt / 1000 - noticedAt,
    restore: (restoreMs ?? 0) / 1000,
    load: ready.at - spawnedAt,
    recompute: again.at - ready.at,
    total: again.at - killedAt,
    idle: ready.at - (before?.at ?? killedAt),
    // A trainer that had notice notes its last steps by its last checkpoint.
    stepsLost: Math.max(0, lastStep - resumedFrom),
  };
}

type Event = NonNullable<
  Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>['events']
>[number];

/** What the last finished activity that was a job gave back. */
async function secondOutcome(client: Client, events: readonly Event[]): Promise<JobOutcome> {
  const completed = events.findLast((event) => event.activityTaskCompletedEventAttributes);
  const payload = completed?.activityTaskCompletedEventAttributes?.result?.payloads?.[0];
  if (payload === undefined) throw new Error('The run has no finished attempt.');
  return client.options.loadedDataConverter.payloadConverter.fromPayload<JobOutcome>(payload);
}

function epoch(time: Event['eventTime']): number {
  return Number(time?.seconds ?? 0) + (time?.nanos ?? 0) / 1e9;
}
