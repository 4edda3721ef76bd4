import type { DataConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { Worker, type WorkflowBundleOption } from '@temporalio/worker';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** Where workflow code leaves the way that a history took. */
export interface Misfit {
  /** Id of what the history has there, `two#1`; null where only its kind is known. */
  readonly history: string | null;
  /** Id of what the code asks for instead; null where it asks for nothing, or for something of another kind. */
  readonly code: string | null;
  /** As Temporal says it. */
  readonly message: string;
}

export interface KeptHistory {
  readonly workflowId: string;
  readonly events: readonly HistoryEvent[];
  /** Event of the workflow task that a reset goes to; what stands before it is kept. */
  readonly resetTo: number;
}

/**
 * Runs workflow code over what a reset keeps of a history, as a worker will do afterwards. Nothing is sent anywhere.
 *
 * @returns null when the code comes the same way.
 */
export async function misfitOf(
  { workflowId, events, resetTo }: KeptHistory,
  code: { readonly workflowBundle: WorkflowBundleOption; readonly dataConverter?: DataConverter },
): Promise<Misfit | null> {
  // Ends with the start of the task that is done again, as a history does that a worker is handed.
  const kept = events.filter(({ eventId }) => Number(eventId) < resetTo);
  for await (const { error } of Worker.runReplayHistories(code, [{ workflowId, history: { events: [...kept] } }])) {
    if (error !== undefined) return misfitIn(error.message, kept);
  }
  return null;
}

/** What can be made out of the engine's words, for people to read. */
export function misfitIn(words: string, events: readonly HistoryEvent[]): Misfit {
  const message = /message: "((?:[^"\\]|\\.)*)"/.exec(words)?.[1]?.replace(/\\(.)/g, '$1') ?? words;
  const ids = /id of scheduled event '(.*)' does not match .* id of .* command '(.*)'/.exec(message);
  if (ids !== null) return { history: ids[1] ?? null, code: ids[2] ?? null, message };
  const event = /\bid: (\d+)/.exec(message)?.[1];
  const at = events.find(({ eventId }) => String(eventId) === event);
  return { history: at === undefined ? null : idOf(at), code: null, message };
}

function idOf(event: HistoryEvent): string | null {
  return (
    event.activityTaskScheduledEventAttributes?.activityId ??
    event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId ??
    null
  );
}
