import { randomUUID } from 'node:crypto';
import {
  ENDPOINT_WORKFLOW,
  type EndpointState,
  endpointWorkflowId,
  Query,
  type RollbackAnswer,
  type RollbackRequest,
  type RolloutAnswer,
  type RolloutOutcome,
  type RolloutRequest,
  Signal,
  taskQueue,
  Update,
} from '@sluice/sdk';
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import { STAND_PROJECT } from '../stand/stand.ts';

/** An endpoint's workflow, as runs, people and operators reach it. Every call ends within its time. */
export interface EndpointClient {
  /** Null while nobody answers. */
  look(): Promise<EndpointState | null>;
  running(): Promise<boolean>;
  ask(request: RolloutRequest, updateId?: string): Promise<RolloutAnswer>;
  /** Any update, with any argument or none. */
  update(name: string, args: readonly unknown[], timeout: number): Promise<unknown>;
  rollBack(by: string, from: string): Promise<RollbackAnswer>;
  withdraw(id: string): Promise<unknown>;
  cancel(): Promise<unknown>;
  terminate(): Promise<unknown>;
  /** Back to one of its last decisions; `share` says how far back, 0 to 1. */
  reset(share: number): Promise<unknown>;
}

export function endpointClient(client: Client, endpoint: string): EndpointClient {
  const workflowId = endpointWorkflowId(endpoint);
  const handle = client.workflow.getHandle(workflowId);
  const within = <Value>(ms: number, call: () => Promise<Value>) => client.withDeadline(Date.now() + ms, call);
  const update = (name: string, args: readonly unknown[], timeout: number, updateId?: string) =>
    within(timeout, () =>
      handle.executeUpdate<unknown, [unknown]>(name, {
        args: args as [unknown], // or none: an endpoint has to stand that
        ...(updateId === undefined ? {} : { updateId }),
      }),
    );
  return {
    look: () => within(2000, () => handle.query<EndpointState>(Query.endpoint)).catch(() => null),
    running: async () => (await within(5000, () => handle.describe())).status.name === 'RUNNING',
    ask: (request, updateId = request.id) =>
      within(8000, () =>
        client.workflow.executeUpdateWithStart<() => Promise<void>, RolloutAnswer, [RolloutRequest]>(Update.rollout, {
          args: [request],
          updateId,
          startWorkflowOperation: new WithStartWorkflowOperation(ENDPOINT_WORKFLOW, {
            workflowId,
            taskQueue: taskQueue(STAND_PROJECT),
            args: [{ endpoint }] as never,
            workflowIdConflictPolicy: 'USE_EXISTING',
          }),
        }),
      ),
    update,
    rollBack: (by, from) => {
      const request: RollbackRequest = { id: `${by}-${randomUUID()}`, by, reason: 'soak', from };
      return update(Update.rollback, [request], 20_000) as Promise<RollbackAnswer>;
    },
    withdraw: (id) => within(5000, () => handle.signal(Signal.withdraw, { id })),
    cancel: () => within(5000, () => handle.cancel()),
    terminate: () => within(5000, () => handle.terminate('soak')),
    reset: (share) => within(10_000, () => reset(client, workflowId, share)),
  };
}

async function reset(client: Client, workflowId: string, share: number): Promise<void> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId },
  });
  const tasks = (history?.events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  const recent = tasks.slice(-12);
  const task = recent[Math.floor(share * recent.length)];
  const runId = (await client.workflow.getHandle(workflowId).describe()).runId;
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    reason: 'soak',
    requestId: randomUUID(),
    ...(task?.eventId ? { workflowTaskFinishEventId: task.eventId } : {}),
  });
}

/** A workflow that nobody runs: its history keeps every answer that is sent to it. */
export async function openInbox(client: Client, id: string): Promise<void> {
  await client.workflow.start('inbox', { workflowId: id, taskQueue: 'nobody' });
}

/** Answers that were sent to an inbox, by rollout. */
export async function answersIn(client: Client, id: string): Promise<RolloutOutcome[]> {
  const { events } = await client.workflow.getHandle(id).fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
    const data = signal?.signalName === Signal.rolloutFinished ? signal.input?.payloads?.[0]?.data : null;
    return data ? [JSON.parse(Buffer.from(data).toString()) as RolloutOutcome] : [];
  });
}
