import type { Json, StepRef } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { decode } from '../follow/pending-jobs.ts';
import { readable } from '../run/readable.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** Activities that are a step's own work; others register, tell and record. */
const works: ReadonlySet<string> = new Set(['extract', 'train', 'merge', 'step', 'evaluate', 'replay']);
/** Payloads that are fetched at once. */
const AT_ONCE = 16;

/** What a step of a run was asked for and gave. */
export interface StepWork {
  readonly step: string;
  readonly kind: string;
  /** Epoch ms when it ended. */
  readonly at: number;
  /** What it was asked for. */
  readonly spec: unknown;
  /** What it gave: a dataset, a model, a report, files and a value. */
  readonly result: unknown;
}

/** A run as its history tells it. */
export interface RunRecord {
  readonly params: Json;
  /** What the pipeline returned; undefined while it has not. */
  readonly output: Json | undefined;
  /** Steps that ended well, in the order they ended. */
  readonly works: readonly StepWork[];
  /** Workflow ids of the children that did parts of large maps. */
  readonly children: readonly string[];
}

/** Reads the history of one execution; payloads that lie elsewhere are fetched, and opened where there is a key. */
export async function readRun(client: Client, workflowId: string, runId?: string): Promise<RunRecord> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return recordOf(events ?? [], async (payloads) => decode((await readable(client, payloads?.slice(0, 1)))[0]));
}

type Open = (payloads: Parameters<typeof readable>[1]) => Promise<unknown>;

/** The same of events that are at hand. */
export async function recordOf(events: readonly HistoryEvent[], open: Open): Promise<RunRecord> {
  const scheduled = new Map<string, HistoryEvent>();
  const ended: { readonly from: HistoryEvent; readonly to: HistoryEvent }[] = [];
  const children: string[] = [];
  let params: unknown;
  let output: unknown;
  for (const event of events) {
    const { activityType } = event.activityTaskScheduledEventAttributes ?? {};
    if (works.has(activityType?.name ?? '')) scheduled.set(String(event.eventId), event);
    const from = scheduled.get(String(event.activityTaskCompletedEventAttributes?.scheduledEventId));
    if (from !== undefined) ended.push({ from, to: event });
    const started = event.workflowExecutionStartedEventAttributes;
    if (started) params = await open(started.input?.payloads);
    const completed = event.workflowExecutionCompletedEventAttributes;
    if (completed) output = await open(completed.result?.payloads);
    const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.workflowId;
    if (child) children.push(child);
  }
  const found: (StepWork | null)[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < ended.length; index = next++) {
      const one = ended[index];
      found[index] = one === undefined ? null : await workOf(one.from, one.to, open);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return {
    params: (params ?? null) as Json,
    output: output as Json | undefined,
    works: found.filter((one) => one !== null),
    children,
  };
}

async function workOf(from: HistoryEvent, to: HistoryEvent, open: Open): Promise<StepWork | null> {
  const asked = from.activityTaskScheduledEventAttributes;
  const input = (await open(asked?.input?.payloads)) as { ref?: Partial<StepRef>; spec?: unknown } | undefined;
  const step = input?.ref?.step;
  if (typeof step !== 'string') return null;
  const given = await open(to.activityTaskCompletedEventAttributes?.result?.payloads);
  const kind = asked?.activityType?.name ?? '';
  // A job says how it went beside what it made.
  const result = isJob(kind) ? (given as { result?: unknown } | null | undefined)?.result : given;
  return { step, kind, at: msOf(to.eventTime), spec: input?.spec ?? null, result: result ?? null };
}

function isJob(kind: string): boolean {
  return kind === 'train' || kind === 'merge' || kind === 'step';
}

function msOf(time: HistoryEvent['eventTime']): number {
  return Number(time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6);
}
