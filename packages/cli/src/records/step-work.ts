import { type StepRef, stepKinds } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { type ExecutionId, firstValue } from './history.ts';
import { readHistory, type Work } from './works.ts';

/** One piece of work that a run had done for a step, opened. */
export interface StepWork {
  readonly step: string;
  /** Type of the activity: `train`, `extract`, `registerCandidate` … */
  readonly activity: string;
  /** Epoch ms when it was asked for, or when a slice of a map ended. */
  readonly at: number | null;
  readonly input: unknown;
  /** Undefined until it has ended well. */
  readonly result: unknown;
}

/** What an activity of a step is handed; the parts that all kinds share. */
export interface StepInput {
  readonly ref?: Partial<StepRef>;
  readonly spec?: unknown;
}

/** Events of one history that are read at most. */
const MOST_EVENTS = 60_000;

/** Activities that are a step's own work; others register, tell and record. */
export const ownWork: ReadonlySet<string> = new Set(Object.keys(stepKinds).filter((kind) => kind !== 'deploy'));

/**
 * The work of a run's steps, oldest first; of retried attempts each.
 *
 * @param only a step's path, for its work alone: whatever belongs to others is not even opened
 */
export async function stepWork(client: Client, execution: ExecutionId, only?: string): Promise<StepWork[]> {
  const { works, slices } = await readHistory(client, execution, {
    most: MOST_EVENTS,
    keep: (id) => only === undefined || mayBelong(id, only),
  });
  const opened = await Promise.all(works.map((work) => workOf(client, work, only)));
  const found = opened.filter((work) => work !== null && (only === undefined || work.step === only));
  // What a slice of a large map returned: results of many steps, each of which says its own path.
  const ended = only === undefined ? slices.filter(({ result }) => result !== null) : [];
  const parts = ended.map(
    async ({ ended: at, result }): Promise<StepWork> => ({
      step: '',
      activity: 'map',
      at,
      input: undefined,
      result: await firstValue(client, result),
    }),
  );
  return [...found, ...(await Promise.all(parts))] as StepWork[];
}

/** A job answers with what it made and how its attempt went; other steps with the first alone. */
export function madeBy(activity: string, answer: unknown): unknown {
  if (activity !== 'train' && activity !== 'merge' && activity !== 'step') return answer;
  return (answer as { readonly result?: unknown } | null | undefined)?.result;
}

/** Ids begin with the step's path; one that was too long for an id has `…` in it. */
function mayBelong(id: string, step: string): boolean {
  return id.startsWith(`${step}:`) || id.includes('…');
}

async function workOf(client: Client, work: Work, only: string | undefined): Promise<StepWork | null> {
  const input = await firstValue(client, work.input);
  const told = (input as StepInput | null | undefined)?.ref?.step;
  // What asks an endpoint for a rollout does not say whose it is, but its id does.
  const step = told ?? (only !== undefined && work.id.startsWith(`${only}:`) ? only : undefined);
  if (typeof step !== 'string') return null;
  const result = work.result === null ? undefined : await firstValue(client, work.result);
  return { step, activity: work.activity, at: work.asked, input, result };
}
