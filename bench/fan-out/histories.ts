import type { Client } from '@temporalio/client';

export interface HistorySize {
  readonly events: number;
  readonly bytes: number;
}

export interface Histories {
  readonly parent: HistorySize;
  readonly children: number;
  /** By bytes; null when there is no child. */
  readonly biggestChild: HistorySize | null;
}

/** Sizes of the history of a run and of the children that it was cut into. */
export async function historiesOf(client: Client, workflowId: string): Promise<Histories> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const ids = (events ?? []).flatMap(
    ({ childWorkflowExecutionStartedEventAttributes: started }) => started?.workflowExecution?.workflowId ?? [],
  );
  const children: HistorySize[] = [];
  for (const id of ids) children.push(await sizeOf(client, id));
  const [biggestChild = null] = children.toSorted((a, b) => b.bytes - a.bytes);
  return { parent: await sizeOf(client, workflowId), children: children.length, biggestChild };
}

async function sizeOf(client: Client, workflowId: string): Promise<HistorySize> {
  const { historyLength, historySize } = await client.workflow.getHandle(workflowId).describe();
  return { events: historyLength, bytes: historySize ?? 0 };
}
