import type { Json } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { type ExecutionId, firstValue } from '../records/history.ts';
import { madeBy, type StepInput } from '../records/step-work.ts';
import type { HistoryRecord, Work } from '../records/works.ts';

/** What a history keeps of a step: what its last attempt was asked for, and what it gave. */
export interface KeptStep extends Pick<Work, 'asked' | 'ended' | 'input' | 'result' | 'state'> {
  readonly step: string;
  readonly kind: string;
  readonly attempt: number;
}

export interface KeptSteps {
  readonly steps: ReadonlyMap<string, KeptStep>;
  readonly slices: readonly ExecutionId[];
}

/** The form of an id is `workflows/src/identity.ts`; of a long one the middle is left out, and the input has it whole. */
const form = /^(.*):(extract|train|merge|step|evaluate|replay)#(\d+)$/su;

/** Is it the work of a step, by its id? */
export function ofStep(id: string): boolean {
  return form.test(id);
}

/** The steps in a history, by path. Payloads stay as they are: a run may have thousands, and one is asked for. */
export async function keptSteps(client: Client, { works, slices }: HistoryRecord): Promise<KeptSteps> {
  const steps = new Map<string, KeptStep>();
  for (const { id, asked, ended, input, result, state } of works) {
    const [, path = '', kind = '', attempt] = form.exec(id) ?? [];
    if (kind === '') continue;
    const step = path.includes('…') ? ((await inputOf(client, input)).ref?.step ?? path) : path;
    // What was done before, and is done again, counts until that is done too.
    if (state !== 'done' && steps.get(step)?.state === 'done') continue;
    steps.set(step, { step, kind, attempt: Number(attempt), asked, ended, input, result, state });
  }
  return { steps, slices: slices.map(({ workflowId, runId }) => ({ workflowId, runId })) };
}

export async function inputOf(client: Client, input: Work['input']): Promise<StepInput> {
  return ((await firstValue(client, input)) ?? {}) as StepInput;
}

/** What a step returned: of a job without how its attempt went. Null while it has not. */
export async function resultOf(client: Client, { kind, result }: KeptStep): Promise<Json> {
  if (result === null) return null;
  return (madeBy(kind, await firstValue(client, result)) ?? null) as Json;
}
