import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { type ExecutionId, type HistoryEvent, historyPages, msOf } from './history.ts';

/** One activity that an execution asked for, as its history holds it. Its data is as it lies there: nothing is opened. */
export interface Work {
  /** `airport=EWR/delay:train#2`; the form is `workflows/src/identity.ts`. */
  readonly id: string;
  /** Its type: `train`, `extract`, `registerCandidate` … */
  readonly activity: string;
  /** Epoch ms. */
  readonly asked: number;
  readonly input: readonly Payload[];
  readonly state: 'running' | 'done' | 'failed';
  readonly ended: number | null;
  /** Null until it is done. */
  readonly result: readonly Payload[] | null;
}

/** An execution that did a slice of a large map; its steps are in a history of its own. */
export interface Slice extends ExecutionId {
  readonly ended: number | null;
  /** Null until it is done. */
  readonly result: readonly Payload[] | null;
}

/** What the history of one execution tells. */
export interface HistoryRecord {
  readonly input: readonly Payload[];
  /** Null until the execution is done. */
  readonly result: readonly Payload[] | null;
  /** In the order in which they were asked for. */
  readonly works: readonly Work[];
  readonly slices: readonly Slice[];
}

export interface ReadOptions {
  /** Works that are wanted, by their id; what others hold is forgotten at once. */
  readonly keep?: (id: string) => boolean;
  /** Events after which reading ends, about. */
  readonly most?: number;
}

export async function readHistory(
  client: Client,
  execution: ExecutionId,
  { keep, most = Number.POSITIVE_INFINITY }: ReadOptions = {},
): Promise<HistoryRecord> {
  const recorder = new Recorder(keep);
  let read = 0;
  for await (const events of historyPages(client, execution)) {
    for (const event of events) recorder.add(event);
    read += events.length;
    if (read >= most) break;
  }
  return recorder.record();
}

/** The same of events that are at hand, from the first on. */
export function recordOf(events: Iterable<HistoryEvent>): HistoryRecord {
  const recorder = new Recorder();
  for (const event of events) recorder.add(event);
  return recorder.record();
}

class Recorder {
  readonly #works = new Map<string, Work>();
  readonly #slices = new Map<string, Slice>();
  readonly #keep: (id: string) => boolean;
  #input: readonly Payload[] = [];
  #result: readonly Payload[] | null = null;

  constructor(keep: (id: string) => boolean = () => true) {
    this.#keep = keep;
  }

  add(event: HistoryEvent): void {
    this.#addWork(event);
    this.#addSlice(event);
    const started = event.workflowExecutionStartedEventAttributes;
    if (started) this.#input = started.input?.payloads ?? [];
    const completed = event.workflowExecutionCompletedEventAttributes;
    if (completed) this.#result = completed.result?.payloads ?? [];
  }

  #addWork(event: HistoryEvent): void {
    const asked = event.activityTaskScheduledEventAttributes;
    if (asked && this.#keep(asked.activityId ?? '')) {
      this.#works.set(String(event.eventId), {
        id: asked.activityId ?? '',
        activity: asked.activityType?.name ?? '',
        asked: msOf(event.eventTime) ?? 0,
        input: asked.input?.payloads ?? [],
        state: 'running',
        ended: null,
        result: null,
      });
    }
    const done = event.activityTaskCompletedEventAttributes;
    if (done) this.#end(done, event, { state: 'done', result: done.result?.payloads ?? [] });
    const failed =
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    if (failed) this.#end(failed, event, { state: 'failed', result: null });
  }

  #end(
    { scheduledEventId }: { readonly scheduledEventId?: unknown },
    { eventTime }: HistoryEvent,
    end: Pick<Work, 'state' | 'result'>,
  ): void {
    const work = this.#works.get(String(scheduledEventId));
    if (work !== undefined) this.#works.set(String(scheduledEventId), { ...work, ...end, ended: msOf(eventTime) ?? 0 });
  }

  #addSlice(event: HistoryEvent): void {
    const completed = event.childWorkflowExecutionCompletedEventAttributes;
    const { workflowId, runId } =
      (event.childWorkflowExecutionStartedEventAttributes ?? completed)?.workflowExecution ?? {};
    if (!workflowId || !runId) return;
    const result = completed ? (completed.result?.payloads ?? []) : null;
    this.#slices.set(runId, { workflowId, runId, ended: completed ? (msOf(event.eventTime) ?? 0) : null, result });
  }

  record(): HistoryRecord {
    return {
      input: this.#input,
      result: this.#result,
      works: [...this.#works.values()],
      slices: [...this.#slices.values()],
    };
  }
}
