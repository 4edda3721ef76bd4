import type { temporal } from '@temporalio/proto';
import { decode, scheduledStep } from '../follow/pending-jobs.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** What a retry does with a step that the run has begun. */
export interface StepFate {
  readonly step: string;
  readonly fate: 'reused' | 'rerun';
  readonly why: string;
}

export interface ResetPlan {
  /** The workflow task that Temporal resets to. */
  readonly eventId: number;
  /** Steps meant by `from`, first begun first. */
  readonly from: readonly string[];
  readonly steps: readonly StepFate[];
}

interface Work {
  readonly step: string;
  readonly scheduled: number;
  /** Workflow task whose completion scheduled it. */
  readonly task: number;
  ended: number | null;
  ok: boolean;
}

/** Steps that a history has begun, in order. */
export function stepsOf(events: readonly HistoryEvent[]): string[] {
  return [...new Set(workOf(events).map(({ step }) => step))];
}

/** The steps by the workflow tasks that began them first: where a run could be reset to, earliest first. */
export function resetPoints(events: readonly HistoryEvent[]): { readonly step: string; readonly eventId: number }[] {
  const byTask = new Map<number, string>();
  for (const { step, task } of workOf(events)) if (!byTask.has(task)) byTask.set(task, step);
  const points = [...byTask].map(([eventId, step]) => ({ step, eventId }));
  const first = new Set<string>();
  return points.sort((a, b) => a.eventId - b.eventId).filter(({ step }) => !first.has(step) && first.add(step));
}

/**
 * Where to reset a run so that it runs again from a step: before the workflow task that first scheduled it. Work that
 * had ended by then keeps its result.
 *
 * @param from a step's path, its name alone (every branch of it), or the name of a map
 * @returns null when the run has not begun such a step.
 */
export function planReset(events: readonly HistoryEvent[], from: string): ResetPlan | null {
  const work = workOf(events);
  const meant = work.filter(({ step }) => means(step, from));
  const first = meant[0];
  if (first === undefined) return null;
  const names = new Set(meant.map(({ step }) => step));
  const fates = new Map<string, StepFate>();
  for (const one of work) {
    const fate = fateOf(one, first, names, from);
    if (fates.get(one.step)?.fate !== 'rerun') fates.set(one.step, fate);
  }
  return { eventId: first.task, from: [...names], steps: [...fates.values()] };
}

function fateOf(work: Work, first: Work, names: ReadonlySet<string>, from: string): StepFate {
  const { step } = work;
  const before = work.ended !== null && work.ended < first.task;
  if (before)
    return { step, fate: 'reused', why: work.ok ? 'it was done before' : 'this attempt of it had ended before' };
  if (names.has(step)) return { step, fate: 'rerun', why: 'it was asked for' };
  if (work.task === first.task) return { step, fate: 'rerun', why: `it was begun together with ${from}` };
  if (work.task > first.task) return { step, fate: 'rerun', why: `it comes after ${from}` };
  return { step, fate: 'rerun', why: `it was still under way when ${from} began` };
}

function means(step: string, from: string): boolean {
  if (step === from || step.endsWith(`/${from}`)) return true;
  // A map by its name, `airport`, or one branch of it, `airport=EWR`.
  return step.startsWith(`${from}/`) || step.split('/').some((part) => part.startsWith(`${from}=`));
}

function workOf(events: readonly HistoryEvent[]): Work[] {
  const all: Work[] = [];
  const byScheduled = new Map<number, Work>();
  const add = (event: HistoryEvent, step: string | null, task: unknown) => {
    const scheduled = Number(event.eventId);
    if (step === null) return;
    const work: Work = { step, scheduled, task: Number(task), ended: null, ok: false };
    all.push(work);
    byScheduled.set(scheduled, work);
  };
  const end = (scheduled: unknown, event: HistoryEvent, ok: boolean) => {
    const work = byScheduled.get(Number(scheduled));
    if (work === undefined) return;
    work.ended = Number(event.eventId);
    work.ok = ok;
  };
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const said = scheduledStep(scheduled.activityType?.name, scheduled.input?.payloads);
      // To tell people something is no work of a step, and of a run's end there is no step.
      add(event, said === null || said.kind === 'notify' ? null : said.step, scheduled.workflowTaskCompletedEventId);
    }
    const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes;
    if (initiated) add(event, mapOf(initiated.input?.payloads?.[1]), initiated.workflowTaskCompletedEventId);
    const done = event.activityTaskCompletedEventAttributes;
    if (done) end(done.scheduledEventId, event, true);
    const failed =
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    if (failed) end(failed.scheduledEventId, event, false);
    const child = childEnd(event);
    if (child) end(child.initiatedEventId, event, Boolean(event.childWorkflowExecutionCompletedEventAttributes));
  }
  return all;
}

/** Workflow ids of the children that had begun and not ended before an event: they outlast a reset to it. */
export function childrenUnderWay(events: readonly HistoryEvent[], until: number): string[] {
  const open = new Map<number, string>();
  for (const event of events) {
    if (Number(event.eventId) >= until) break;
    const begun = event.childWorkflowExecutionStartedEventAttributes;
    const id = begun?.workflowExecution?.workflowId;
    if (begun && id) open.set(Number(begun.initiatedEventId), id);
    const ended = childEnd(event);
    if (ended) open.delete(Number(ended.initiatedEventId));
  }
  return [...open.values()];
}

function childEnd(event: HistoryEvent) {
  return (
    event.childWorkflowExecutionCompletedEventAttributes ??
    event.childWorkflowExecutionFailedEventAttributes ??
    event.childWorkflowExecutionCanceledEventAttributes ??
    event.childWorkflowExecutionTerminatedEventAttributes ??
    event.childWorkflowExecutionTimedOutEventAttributes
  );
}

/** The map that a child of a large fan-out works on. */
function mapOf(payload: Parameters<typeof decode>[0]): string | null {
  const fork = decode(payload) as { mapPath?: unknown } | undefined;
  return typeof fork?.mapPath === 'string' ? fork.mapPath : null;
}
