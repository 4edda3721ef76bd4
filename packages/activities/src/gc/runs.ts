import { describeError, ErrorCode, SluiceError } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { inParallel } from '../store/in-parallel.ts';
import { type References, referencesIn } from './references.ts';

/** An execution as Temporal lists it. */
export interface KnownRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: 'open' | 'completed' | 'ended';
  /** Epoch ms; null while it is open. */
  readonly closedAt: number | null;
}

/** The runs of a namespace, as collecting garbage sees them. */
export interface KnownRuns {
  /** Every execution that Temporal still has, open or not. */
  list(): Promise<readonly KnownRun[]>;
  /** Adds what the histories of these runs name: parameters, results, failures, signals. */
  mark(runs: readonly KnownRun[], into: References): Promise<void>;
}

const historiesAtOnce = 4;

/** Runs on a server; payloads are read by the client's own codecs. */
export function temporalRuns(client: Client): KnownRuns {
  return {
    async list() {
      const runs: KnownRun[] = [];
      for await (const { workflowId, runId, status, closeTime } of client.workflow.list({ pageSize: 500 })) {
        const known = status.name === 'RUNNING' ? 'open' : status.name === 'COMPLETED' ? 'completed' : 'ended';
        runs.push({ workflowId, runId, status: known, closedAt: closeTime?.getTime() ?? null });
      }
      return runs;
    },
    mark: async (runs, into) => {
      await inParallel(runs, historiesAtOnce, (run) => markHistory(client, run, into));
    },
  };
}

async function markHistory(client: Client, { workflowId, runId }: KnownRun, into: References): Promise<void> {
  try {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const payloads: Payload[] = [];
    findPayloads(history.events ?? [], payloads, into);
    for (const { data } of await decoded(client, payloads)) {
      if (data) referencesIn(Buffer.from(data).toString('latin1'), into);
    }
  } catch (error) {
    if ((error as Error).name === 'WorkflowNotFoundError') return; // its retention ended since it was listed
    throw new SluiceError(ErrorCode.Unreachable, `A run's history cannot be read: ${describeError(error)}`, {
      where: workflowId,
      fix: 'Nothing was deleted. What a run names is kept, so its history has to be readable here, with its keys.',
      cause: error,
      permanent: false,
    });
  }
}

async function decoded(client: Client, payloads: readonly Payload[]): Promise<readonly Payload[]> {
  let current = [...payloads];
  for (const codec of client.options.loadedDataConverter.payloadCodecs.toReversed()) {
    current = await codec.decode(current);
  }
  return current;
}

/** Every payload at or below a part of a history, whatever the event; other texts are read at once. */
function findPayloads(part: unknown, payloads: Payload[], into: References): void {
  if (typeof part === 'string') referencesIn(part, into);
  if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return;
  if ('data' in part && part.data instanceof Uint8Array) payloads.push(part as Payload);
  for (const value of Object.values(part)) findPayloads(value, payloads, into);
}
