import { inParallel } from '@sluice/activities/store';
import type { Json } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { type ExecutionId, firstValue } from './history.ts';
import { madeBy, ownWork, type StepInput } from './step-work.ts';
import { type HistoryRecord, readHistory, type Work } from './works.ts';

/** Payloads that are fetched at once. */
const AT_ONCE = 16;

/** What a step of a run was asked for and gave. */
export interface DoneStep {
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
  readonly works: readonly DoneStep[];
  readonly slices: HistoryRecord['slices'];
}

/** Reads the history of one execution; payloads that lie elsewhere are fetched, and opened where there is a key. */
export async function readRun(client: Client, execution: ExecutionId): Promise<RunRecord> {
  return opened(client, await readHistory(client, execution));
}

/** The same of a history that is at hand. */
export async function opened(client: Client, { input, result, works, slices }: HistoryRecord): Promise<RunRecord> {
  const done = works
    .filter(({ activity, state }) => ownWork.has(activity) && state === 'done')
    .sort((a, b) => (a.ended ?? 0) - (b.ended ?? 0));
  const steps = await inParallel(done, AT_ONCE, (work) => doneStep(client, work));
  return {
    params: ((await firstValue(client, input)) ?? null) as Json,
    output: (result === null ? undefined : await firstValue(client, result)) as Json | undefined,
    works: steps.filter((one) => one !== null),
    slices,
  };
}

async function doneStep(client: Client, work: Work): Promise<DoneStep | null> {
  const input = (await firstValue(client, work.input)) as StepInput | undefined;
  const step = input?.ref?.step;
  if (typeof step !== 'string') return null;
  const result = madeBy(work.activity, await firstValue(client, work.result));
  return { step, kind: work.activity, at: work.ended ?? 0, spec: input?.spec ?? null, result: result ?? null };
}
