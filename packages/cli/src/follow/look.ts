import {
  type EndpointState,
  endpointWorkflowId,
  type JobFailure,
  Query,
  type RunState,
  type RunStatus,
  SearchAttribute,
  type StatusPage,
} from '@sluice/sdk';
import { type Client, type WorkflowExecutionDescription, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, type TemporalFailure } from '@temporalio/common';
import { pinOf } from '../code/deployment.ts';
import { isOver, lastState } from '../run/last-state.ts';
import { isUnreachable } from '../run/temporal-call.ts';
import { wakeBuild } from '../run/wake-build.ts';
import { PendingJobs } from './pending-jobs.ts';
import type { RunFailure, Snapshot } from './snapshot.ts';

/** No worker answered a query: the run stands still until one is back, or until its code is mended. */
export class NoWorker extends Error {
  /** Why workers fail the run's workflow task; null where none is there. */
  readonly failure: string | null;

  constructor(failure: string | null, cause: unknown) {
    super('no worker answers', { cause });
    this.failure = failure;
  }
}

/** Takes snapshots of one run. */
export class Lookout {
  readonly #client: Client;
  readonly #workflowId: string;
  readonly #jobs: PendingJobs;
  readonly #root: string | null;

  /** @param root folder of the project, whose `sluice dev` may have put the run's code aside */
  constructor(client: Client, workflowId: string, root: string | null = null) {
    this.#client = client;
    this.#workflowId = workflowId;
    this.#root = root;
    this.#jobs = new PendingJobs(client, workflowId);
  }

  /** @throws {@link NoWorker} while no worker answers, and what Temporal's client throws. */
  async look(page: StatusPage = {}): Promise<Snapshot> {
    const handle = this.#client.workflow.getHandle(this.#workflowId);
    const description = await this.#within(5000, () => handle.describe());
    const closed = isOver(description.status.name);
    const status = await this.#status(description, page);
    const jobs = closed ? [] : await this.#jobs.of(description);
    return {
      at: Date.now(),
      status,
      jobs,
      endpoint: status.state === 'rolling-out' ? await this.#endpoint(description) : null,
      startedAt: description.startTime.getTime(),
      closed: closed
        ? { at: (description.closeTime ?? new Date()).getTime(), failure: await this.#failure(description) }
        : null,
    };
  }

  async #status(description: WorkflowExecutionDescription, page: StatusPage): Promise<RunStatus> {
    const handle = this.#client.workflow.getHandle(this.#workflowId, description.runId);
    let status: RunStatus;
    try {
      if (!(await this.#isServed(description))) throw new Error('the code that the run ended on is not kept any more');
      status = await this.#within(8000, () => handle.query<RunStatus, [StatusPage]>(Query.status, page));
    } catch (error) {
      if (isServerDown(error)) throw error;
      if (!isOver(description.status.name)) {
        throw new NoWorker(await this.#taskFailure(description), error);
      }
      status = emptyStatus(this.#workflowId, description);
    }
    return { ...status, state: lastState(status.state, description.status.name) };
  }

  /** Code of a run that has ended is served when it is asked for. */
  async #isServed({ status, raw }: WorkflowExecutionDescription): Promise<boolean> {
    const buildId = pinOf(raw.workflowExecutionInfo?.versioningInfo)?.buildId;
    if (this.#root === null || !buildId || !isOver(status.name)) return true;
    return wakeBuild(this.#root, buildId);
  }

  /** What the last workflow task failed with, when workers try and fail it again and again. */
  async #taskFailure(description: WorkflowExecutionDescription): Promise<string | null> {
    if ((description.raw.pendingWorkflowTask?.attempt ?? 1) < 2) return null;
    const { history } = await this.#within(5000, () =>
      this.#client.workflowService.getWorkflowExecutionHistoryReverse({
        namespace: this.#client.options.namespace,
        execution: { workflowId: this.#workflowId, runId: description.runId },
        maximumPageSize: 10,
      }),
    );
    const failed = history?.events?.find((event) => event.workflowTaskFailedEventAttributes);
    return failed?.workflowTaskFailedEventAttributes?.failure?.message ?? null;
  }

  async #endpoint(description: WorkflowExecutionDescription): Promise<EndpointState | null> {
    const endpoint = description.searchAttributes?.[SearchAttribute.endpoint]?.[0];
    if (typeof endpoint !== 'string') return null;
    const handle = this.#client.workflow.getHandle(endpointWorkflowId(endpoint));
    return this.#within(3000, () => handle.query<EndpointState>(Query.endpoint)).catch(() => null);
  }

  async #failure(description: WorkflowExecutionDescription): Promise<RunFailure | null> {
    if (description.status.name === 'COMPLETED') return null;
    try {
      const options = { followRuns: false };
      await this.#within(5000, () =>
        this.#client.workflow.getHandle(this.#workflowId, description.runId, options).result(),
      );
      return null;
    } catch (error) {
      return error instanceof WorkflowFailedError ? failureOf(error.cause) : failureOf(error);
    }
  }

  #within<Value>(ms: number, call: () => Promise<Value>): Promise<Value> {
    return this.#client.withDeadline(Date.now() + ms, call);
  }
}

/** A query that nobody answers in time looks like a server that is away, but its describe was answered just now. */
function isServerDown(error: unknown): boolean {
  const code = (error as { cause?: { code?: number } }).cause?.code;
  return isUnreachable(error) && code === 14;
}

function emptyStatus(workflowId: string, description: WorkflowExecutionDescription): RunStatus {
  const state = description.searchAttributes?.[SearchAttribute.state]?.[0];
  return {
    workflowId,
    pipeline: description.type,
    state: (typeof state === 'string' ? state : 'running') as RunState,
    steps: [],
    hidden: {},
    gates: [],
    asked: 0,
    decisions: [],
    refused: [],
    links: {},
  };
}

/** Code and message of the failure at the root; a chain of wrappers says the same thing less well. */
export function failureOf(error: unknown): RunFailure {
  let best = error;
  for (let inner: unknown = error; inner instanceof Error; inner = (inner as TemporalFailure).cause) {
    if (inner instanceof ApplicationFailure) {
      best = inner;
      break;
    }
  }
  if (best instanceof ApplicationFailure) {
    const { tail } = (best.details?.[0] ?? {}) as Partial<JobFailure>;
    const lines = Array.isArray(tail) && tail.length > 0 ? { tail } : {};
    return { code: best.type ?? 'Internal', message: best.message, ...lines };
  }
  return best instanceof Error
    ? { code: best.name, message: best.message }
    : { code: 'Internal', message: String(best) };
}
