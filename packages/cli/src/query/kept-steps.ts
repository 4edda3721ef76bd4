import type { Json, JsonObject, StepRef } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { decode } from '../follow/pending-jobs.ts';
import { readable } from '../run/readable.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** What a history keeps of a step: what its last attempt was asked for, and what it gave. */
export interface KeptStep {
  readonly step: string;
  readonly kind: string;
  readonly attempt: number;
  /** Epoch ms. */
  readonly asked: number;
  readonly ended: number | null;
  readonly input: readonly Payload[];
  /** Null until it is done. */
  readonly result: readonly Payload[] | null;
  readonly state: 'running' | 'done' | 'failed';
}

/** One execution of a run, or of a slice of a large map, whose steps are in a history of their own. */
export interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}

export interface KeptSteps {
  readonly steps: ReadonlyMap<string, KeptStep>;
  readonly children: readonly Execution[];
}

/** The form of an id is `workflows/src/identity.ts`; of a long one the middle is left out, and the input has it whole. */
const id = /^(.*):(extract|train|merge|step|evaluate|replay)#(\d+)$/su;

/** The steps in a history, by path. Payloads stay as they are: a run may have thousands, and one is asked for. */
export async function keptSteps(client: Client, events: readonly HistoryEvent[]): Promise<KeptSteps> {
  const steps = new Map<string, KeptStep>();
  const scheduled = new Map<string, KeptStep>();
  const children: Execution[] = [];
  for (const event of events) {
    const asked = event.activityTaskScheduledEventAttributes;
    if (asked) {
      const [, path = '', kind = '', attempt] = id.exec(asked.activityId ?? '') ?? [];
      if (kind === '') continue;
      const input = asked.input?.payloads ?? [];
      const step = path.includes('…') ? ((await inputOf(client, input)).ref?.step ?? path) : path;
      const begun = { step, kind, attempt: Number(attempt), asked: timeOf(event), input };
      const one: KeptStep = { ...begun, ended: null, result: null, state: 'running' };
      scheduled.set(String(event.eventId), one);
      // What was done before, and is done again, counts until that has ended.
      if (steps.get(step)?.result == null) steps.set(step, one);
    }
    const done = event.activityTaskCompletedEventAttributes;
    if (done) {
      const one = scheduled.get(String(done.scheduledEventId));
      const result = done.result?.payloads ?? [];
      if (one) steps.set(one.step, { ...one, ended: timeOf(event), result, state: 'done' });
    }
    const failed =
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    if (failed) {
      const one = scheduled.get(String(failed.scheduledEventId));
      if (one && steps.get(one.step) === one) steps.set(one.step, { ...one, ended: timeOf(event), state: 'failed' });
    }
    const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
    if (child?.workflowId && child.runId) children.push({ workflowId: child.workflowId, runId: child.runId });
  }
  return { steps, children };
}

/** What an activity of a step is handed; the parts that all kinds share. */
export interface StepInput {
  readonly ref?: StepRef;
  readonly spec?: JsonObject;
  readonly parentRunId?: string | null;
}

export async function inputOf(client: Client, input: readonly Payload[]): Promise<StepInput> {
  const [payload] = await readable(client, input.slice(0, 1));
  return (decode(payload) ?? {}) as StepInput;
}

/** What a step returned: of a job without how its attempt went. Null while it has not. */
export async function resultOf(client: Client, { result }: KeptStep): Promise<Json> {
  if (result === null) return null;
  const [payload] = await readable(client, result.slice(0, 1));
  const value = decode(payload) as (JsonObject & { readonly result?: Json }) | null | undefined;
  return (value?.progress !== undefined && value.result !== undefined ? value.result : value) ?? null;
}

function timeOf({ eventTime }: HistoryEvent): number {
  return Number(eventTime?.seconds ?? 0) * 1000 + Math.floor(Number(eventTime?.nanos ?? 0) / 1e6);
}
