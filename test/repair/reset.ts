import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { planReset } from '../../packages/cli/src/run/reset-plan.ts';

type HistoryEvent = NonNullable<
  Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>['events']
>[number];

export async function eventsOf(client: Client, workflowId: string): Promise<HistoryEvent[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return events ?? [];
}

/** The workflow task that a reset must go to for a step to run again. */
export function taskBefore(events: readonly HistoryEvent[], step: string): number {
  const plan = planReset(events, step);
  if (plan === null) throw new Error(`no step ${step} in this history`);
  return plan.eventId;
}

/** The workflow tasks that scheduled activities of a type, in order. */
export function scheduling(events: readonly HistoryEvent[], activity: string): number[] {
  return events.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled?.activityType?.name === activity ? [Number(scheduled.workflowTaskCompletedEventId)] : [],
  );
}

/** What activities of a type answered, in order. */
export function answers<Answer>(events: readonly HistoryEvent[], activity: string): Answer[] {
  const scheduled = new Set(
    events.flatMap(({ eventId, activityTaskScheduledEventAttributes: attributes }) =>
      attributes?.activityType?.name === activity ? [Number(eventId)] : [],
    ),
  );
  return events.flatMap(({ activityTaskCompletedEventAttributes: done }) => {
    const payload = done?.result?.payloads?.[0];
    if (!payload || !scheduled.has(Number(done?.scheduledEventId))) return [];
    return [defaultPayloadConverter.fromPayload<Answer>(payload)];
  });
}

/** Resets the newest execution as Temporal's UI does: what was signalled after the point is applied again. */
export async function resetTo(client: Client, workflowId: string, eventId: number): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  const { runId } = await handle.describe();
  const events = await eventsOf(client, workflowId);
  const point = events.find((event) => Number(event.eventId) === eventId)?.eventId;
  if (point === undefined || point === null) throw new Error(`no event ${eventId}`);
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    reason: 'a test',
    requestId: randomUUID(),
    workflowTaskFinishEventId: point,
  });
}
