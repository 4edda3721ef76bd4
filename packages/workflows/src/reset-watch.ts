import { CancellationScope, condition } from '@temporalio/workflow';

/**
 * Tells what a reset applies again from what somebody sends. Temporal repeats signals and updates that came after the
 * point of a reset in the first workflow task of the new execution, and nothing in them says so. That same task gives
 * the execution a new random seed, which is what is looked at here.
 */
export class ResetWatch {
  #seed = seed();
  /** Time of the workflow task that began an execution made by a reset, epoch ms. */
  #at: number | null = null;

  /** Looks in every workflow task, or a reset that repeats nothing would be seen only by the next decision. */
  begin(): void {
    void CancellationScope.nonCancellable(() =>
      condition(() => {
        this.#look();
        return false;
      }),
    );
  }

  /** Whether the workflow task under way is the first after a reset. */
  get repeating(): boolean {
    this.#look();
    return this.#at === Date.now();
  }

  #look(): void {
    const now = seed();
    if (now === this.#seed) return;
    this.#seed = now;
    this.#at = Date.now();
  }
}

/** Not in the SDK's interface; its only public sign, other random numbers, cannot be told from the next ones. */
function seed(): string {
  const { __TEMPORAL_ACTIVATOR__: activator } = globalThis as {
    __TEMPORAL_ACTIVATOR__?: { readonly randomnessSeed?: readonly number[] };
  };
  return activator?.randomnessSeed?.join() ?? '';
}
