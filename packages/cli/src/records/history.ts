import type { Json } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { decode } from '../follow/pending-jobs.ts';
import { readable } from '../run/readable.ts';

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** An execution by both of its ids. */
export interface ExecutionId {
  readonly workflowId: string;
  readonly runId: string;
}

/** Events that are asked for at a time. */
const PAGE = 1_000;

/** Values of more characters than this are not shown: a page is for reading. */
export const SHOWN = 200_000;

/** The events of an execution, oldest first, a page at a time. */
export function historyPages(client: Client, execution: ExecutionId): AsyncGenerator<readonly HistoryEvent[]> {
  return pages(client, execution, PAGE, (request) => client.workflowService.getWorkflowExecutionHistory(request));
}

/** The events of an execution, newest first, a page at a time. */
export function historyBackwards(
  client: Client,
  execution: ExecutionId,
  size = PAGE,
): AsyncGenerator<readonly HistoryEvent[]> {
  return pages(client, execution, size, (request) =>
    client.workflowService.getWorkflowExecutionHistoryReverse(request),
  );
}

type PageRequest = temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryReverseRequest;
type Page = temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryReverseResponse;

async function* pages(
  client: Client,
  { workflowId, runId }: ExecutionId,
  maximumPageSize: number,
  ask: (request: PageRequest) => Promise<Page>,
): AsyncGenerator<readonly HistoryEvent[]> {
  const { namespace } = client.options;
  let nextPageToken: Uint8Array | null = null;
  do {
    const page: Page = await ask({ namespace, execution: { workflowId, runId }, maximumPageSize, nextPageToken });
    yield page.history?.events ?? [];
    nextPageToken = page.nextPageToken ?? null;
  } while (nextPageToken !== null && nextPageToken.length > 0);
}

/** What an execution was started with. @param nth index among the arguments */
export async function startedWith(client: Client, execution: ExecutionId, nth = 0): Promise<unknown> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: execution.workflowId, runId: execution.runId },
    maximumPageSize: 1,
  });
  const { payloads } = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input ?? {};
  return firstValue(client, payloads?.slice(nth));
}

/** What a finished execution returned; null where it did not. */
export async function resultOf(client: Client, execution: ExecutionId): Promise<Json> {
  for await (const [last] of historyBackwards(client, execution, 1)) {
    return shown(await firstValue(client, last?.workflowExecutionCompletedEventAttributes?.result?.payloads));
  }
  return null;
}

/** The first value, whoever has kept or closed its bytes; undefined where it cannot be read. */
export async function firstValue(client: Client, payloads: readonly Payload[] | null | undefined): Promise<unknown> {
  const [first] = payloads ?? [];
  if (!first) return undefined;
  return decode((await readable(client, [first]))[0]);
}

/** The value, or null where it is too large to read. */
export function shown(value: unknown): Json {
  if (value === undefined) return null;
  return (JSON.stringify(value) ?? '').length > SHOWN ? null : (value as Json);
}

/** Epoch ms of a protobuf timestamp. */
export function msOf(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number | null {
  if (!time) return null;
  return Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6);
}
