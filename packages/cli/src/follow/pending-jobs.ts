import type { AttemptProgress, StepRef } from '@sluice/sdk';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { readable } from '../run/readable.ts';
import type { PendingJob } from './snapshot.ts';

/** What an activity does, as its schedule event tells. */
export interface ScheduledStep {
  readonly step: string;
  readonly kind: string;
  readonly attempt: number;
}

/** Events that are read at a time. */
const PAGE = 200;

/**
 * Tells which step a pending activity belongs to. Temporal's description names activities by id only, so the history
 * is read when an id comes up for the first time: backwards, for what is pending was scheduled lately as a rule, and
 * a map of hundreds of keys brings new ids all the time.
 */
export class PendingJobs {
  readonly #client: Client;
  readonly #workflowId: string;
  #runId = '';
  #known = new Map<string, ScheduledStep | null>();

  constructor(client: Client, workflowId: string) {
    this.#client = client;
    this.#workflowId = workflowId;
  }

  async of(description: WorkflowExecutionDescription): Promise<PendingJob[]> {
    if (description.runId !== this.#runId) {
      this.#runId = description.runId;
      this.#known = new Map();
    }
    const pending = description.raw.pendingActivities ?? [];
    const unknown = pending.map(({ activityId }) => activityId ?? '').filter((id) => !this.#known.has(id));
    if (unknown.length > 0) await this.#find(new Set(unknown));
    const jobs: PendingJob[] = [];
    for (const activity of pending) {
      const scheduled = this.#known.get(activity.activityId ?? '');
      if (!scheduled) continue;
      const [heartbeat] = await readable(this.#client, activity.heartbeatDetails?.payloads);
      jobs.push({
        ...scheduled,
        started: activity.lastStartedTime != null && activity.state !== 1,
        worker: activity.lastWorkerIdentity || null,
        progress: progressOf(heartbeat),
      });
    }
    return jobs;
  }

  async #find(ids: Set<string>): Promise<void> {
    let nextPageToken: Uint8Array | null = null;
    do {
      const page: temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryReverseResponse =
        await this.#client.workflowService.getWorkflowExecutionHistoryReverse({
          namespace: this.#client.options.namespace,
          execution: { workflowId: this.#workflowId, runId: this.#runId },
          maximumPageSize: PAGE,
          nextPageToken,
        });
      for (const event of page.history?.events ?? []) {
        const scheduled = event.activityTaskScheduledEventAttributes;
        const id = scheduled?.activityId ?? '';
        if (!ids.delete(id)) continue;
        const input = await readable(this.#client, scheduled?.input?.payloads);
        this.#known.set(id, scheduledStep(scheduled?.activityType?.name, input));
      }
      nextPageToken = page.nextPageToken ?? null;
    } while (ids.size > 0 && nextPageToken !== null && nextPageToken.length > 0);
    for (const id of ids) this.#known.set(id, null);
  }
}

/** Step, kind and attempt of a scheduled activity; null for one that belongs to no step. */
export function scheduledStep(
  type: string | null | undefined,
  input: Payload[] | null | undefined,
): ScheduledStep | null {
  const value = decode(input?.[0]) as { ref?: Partial<StepRef>; attempt?: unknown } | undefined;
  const step = value?.ref?.step;
  if (typeof step !== 'string') return null;
  return { step, kind: type ?? '', attempt: typeof value?.attempt === 'number' ? value.attempt : 1 };
}

export function decode(payload: Payload | null | undefined): unknown {
  if (!payload) return undefined;
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    return undefined;
  }
}

/** The heartbeat of a job; null for heartbeats of another shape. */
function progressOf(payload: Payload | null | undefined): AttemptProgress | null {
  const value = decode(payload) as Partial<AttemptProgress> | undefined;
  if (typeof value !== 'object' || value === null) return null;
  return typeof value.machine === 'string' && typeof value.startedAt === 'number' ? (value as AttemptProgress) : null;
}
