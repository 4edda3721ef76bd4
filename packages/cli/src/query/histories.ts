import type { StepStatus } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { ExecutionId } from '../records/history.ts';
import { readHistory } from '../records/works.ts';
import { type KeptStep, type KeptSteps, keptSteps, ofStep } from './kept-steps.ts';
import { stepStatuses } from './run-answer.ts';

/** Histories that are kept in memory, newest use last. */
const KEPT = 50;

interface Kept {
  /** Events that it had: what a run says of its steps changes with its history only. */
  readonly length: number;
  steps?: KeptSteps;
  statuses?: readonly StepStatus[];
}

/** Reads the steps of runs from their histories and from the runs themselves, again only when these have gone on. */
export class Histories {
  readonly #kept = new Map<string, Kept>();

  /** The steps of a run as it is now; those of a large map's slices are not among them. */
  async of(client: Client, run: string | ExecutionId): Promise<KeptSteps> {
    const { execution, kept } = await this.#now(client, run);
    if (kept.steps === undefined) {
      kept.steps = await keptSteps(client, await readHistory(client, execution, { keep: ofStep }));
    }
    return kept.steps;
  }

  /** How the steps of a run stand, as it says itself; null where no worker answers. */
  async statuses(client: Client, run: string | ExecutionId): Promise<readonly StepStatus[] | null> {
    const { execution, kept } = await this.#now(client, run);
    const statuses = kept.statuses ?? (await stepStatuses(client, execution));
    if (statuses !== null) kept.statuses = statuses;
    return statuses;
  }

  /** One step, wherever in the run it was done, and in which execution that was. */
  async find(
    client: Client,
    run: string,
    step: string,
  ): Promise<{ readonly kept: KeptStep; readonly execution: string | ExecutionId } | null> {
    const { steps, slices } = await this.of(client, run);
    const found = steps.get(step);
    if (found !== undefined) return { kept: found, execution: run };
    for (const execution of slices.toReversed()) {
      const kept = (await this.of(client, execution)).steps.get(step);
      if (kept !== undefined) return { kept, execution };
    }
    return null;
  }

  /** All steps, those of a large map's slices too. */
  async *all(client: Client, run: string): AsyncGenerator<KeptStep> {
    const { steps, slices } = await this.of(client, run);
    yield* steps.values();
    for (const slice of slices) yield* (await this.of(client, slice)).steps.values();
  }

  async #now(client: Client, run: string | ExecutionId): Promise<{ execution: ExecutionId; kept: Kept }> {
    const handle =
      typeof run === 'string' ? client.workflow.getHandle(run) : client.workflow.getHandle(run.workflowId, run.runId);
    const { workflowId, runId, historyLength: length } = await handle.describe();
    const before = this.#kept.get(runId);
    const kept = before?.length === length ? before : { length };
    this.#kept.delete(runId);
    this.#kept.set(runId, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    return { execution: { workflowId, runId }, kept };
  }
}
