import type { Client } from '@temporalio/client';
import type { KeptChild, KeptStep, KeptSteps } from './kept-steps.ts';
import { keptSteps } from './kept-steps.ts';

/** Histories that are kept in memory, newest use last. */
const KEPT = 50;

/** Reads the steps of runs from their histories, again only when these have grown. */
export class Histories {
  readonly #kept = new Map<string, { readonly length: number; readonly steps: KeptSteps }>();

  /** The steps of a run as it is now; those of a large map's slices are not among them. */
  async of(client: Client, workflowId: string): Promise<KeptSteps> {
    const { runId, historyLength } = await client.workflow.getHandle(workflowId).describe();
    return this.#read(client, { workflowId, runId }, historyLength);
  }

  /** One step, wherever in the run it was done. */
  async find(client: Client, workflowId: string, step: string): Promise<KeptStep | undefined> {
    const { steps, children } = await this.of(client, workflowId);
    const found = steps.get(step);
    if (found !== undefined || !step.includes('/')) return found;
    for (const child of children.toReversed()) {
      const inChild = (await this.#child(client, child)).steps.get(step);
      if (inChild !== undefined) return inChild;
    }
    return undefined;
  }

  /** All steps, those of a large map's slices too. */
  async *all(client: Client, workflowId: string): AsyncGenerator<KeptStep> {
    const { steps, children } = await this.of(client, workflowId);
    yield* steps.values();
    for (const child of children) yield* (await this.#child(client, child)).steps.values();
  }

  async #child(client: Client, child: KeptChild): Promise<KeptSteps> {
    const { historyLength } = await client.workflow.getHandle(child.workflowId, child.runId).describe();
    return this.#read(client, child, historyLength);
  }

  async #read(client: Client, { workflowId, runId }: KeptChild, length: number): Promise<KeptSteps> {
    const kept = this.#kept.get(runId);
    this.#kept.delete(runId);
    if (kept?.length === length) {
      this.#kept.set(runId, kept);
      return kept.steps;
    }
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const steps = await keptSteps(client, events ?? []);
    this.#kept.set(runId, { length, steps });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    return steps;
  }
}
