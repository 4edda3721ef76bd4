import type { StepRef } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { type ExecutionId, firstValue, type HistoryEvent, historyPages, msOf } from './history.ts';

/** One piece of work that a run had done for a step, as its history holds it. */
export interface StepWork {
  readonly step: string;
  /** Type of the activity: `train`, `extract`, `registerCandidate` … */
  readonly activity: string;
  /** Epoch ms when it was asked for. */
  readonly at: number | null;
  readonly input: unknown;
  /** Undefined until it has ended well. */
  readonly result: unknown;
}

/** Events of one history that are read at most. */
const MOST_EVENTS = 60_000;

/**
 * The work of a run's steps, oldest first; of retried attempts each.
 *
 * @param only a step's path, for its work alone: whatever belongs to others is not even opened
 */
export async function stepWork(client: Client, execution: ExecutionId, only?: string): Promise<StepWork[]> {
  const scheduled = new Map<string, { readonly event: HistoryEvent; result: HistoryEvent | null }>();
  const children: HistoryEvent[] = [];
  let read = 0;
  for await (const events of historyPages(client, execution)) {
    for (const event of events) {
      const asked = event.activityTaskScheduledEventAttributes;
      if (asked && mayBelong(asked.activityId ?? '', only)) {
        scheduled.set(String(event.eventId), { event, result: null });
      }
      const done = event.activityTaskCompletedEventAttributes;
      const known = done ? scheduled.get(String(done.scheduledEventId)) : undefined;
      if (known !== undefined) known.result = event;
      if (event.childWorkflowExecutionCompletedEventAttributes && only === undefined) children.push(event);
    }
    read += events.length;
    if (read >= MOST_EVENTS) break;
  }
  const works = await Promise.all([...scheduled.values()].map((one) => workOf(client, one.event, one.result, only)));
  const found = works.filter((work) => work !== null && (only === undefined || work.step === only));
  const parts = await Promise.all(children.map((event) => partOf(client, event)));
  return [...found, ...parts] as StepWork[];
}

/** Ids begin with the step's path; one that was too long for an id has `…` in it. */
function mayBelong(id: string, only: string | undefined): boolean {
  return only === undefined || id.startsWith(`${only}:`) || id.includes('…');
}

async function workOf(
  client: Client,
  event: HistoryEvent,
  done: HistoryEvent | null,
  only: string | undefined,
): Promise<StepWork | null> {
  const asked = event.activityTaskScheduledEventAttributes;
  const input = await firstValue(client, asked?.input);
  const told = (input as { ref?: Partial<StepRef> } | null | undefined)?.ref?.step;
  // What asks an endpoint for a rollout does not say whose it is, but its id does.
  const step = told ?? (only !== undefined && asked?.activityId?.startsWith(`${only}:`) ? only : undefined);
  if (typeof step !== 'string') return null;
  const result =
    done === null ? undefined : await firstValue(client, done.activityTaskCompletedEventAttributes?.result);
  return { step, activity: asked?.activityType?.name ?? '', at: msOf(event.eventTime), input, result };
}

/** What a child of a large map returned: results of many steps, each of which says its own path. */
async function partOf(client: Client, event: HistoryEvent): Promise<StepWork> {
  const result = await firstValue(client, event.childWorkflowExecutionCompletedEventAttributes?.result);
  return { step: '', activity: 'map', at: msOf(event.eventTime), input: undefined, result };
}
