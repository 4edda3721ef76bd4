import { ErrorCode, INLINE_KEYS, SluiceError } from '@sluice/sdk';
import { AsyncLocalStorage } from '@temporalio/workflow';

/**
 * Temporal's own primitives in a pipeline's code. The children of a large map run the code before it again: what steps
 * did there is answered from the parent's record, but a command that the author gave would be done once more by every
 * child. State of one workflow: its sandbox has this module for itself.
 */
const code = new AsyncLocalStorage<'pipeline' | 'sluice'>();
let first: string | null = null;
let inChild = false;

/** Runs a pipeline's code; `child`: the part of it that a child of a large map repeats. */
export function asPipeline<T>(child: boolean, work: () => T): T {
  inChild = child;
  return code.run('pipeline', work);
}

/** Runs a step: commands in there are Sluice's, and so are those in the body of a map, which no child repeats. */
export function asSluice<T>(work: () => T): T {
  return code.run('sluice', work);
}

/**
 * Called for every command.
 *
 * @returns true where it must not be given, because the parent has given it.
 */
export function repeatsParent(command: string): boolean {
  if (code.getStore() !== 'pipeline') return false;
  if (inChild) return true;
  first ??= command;
  return false;
}

/** @throws SluiceError `InvalidStep` when code before a large map gave commands of its own. */
export function checkRepeatable(map: string, keys: number): void {
  if (first === null) return;
  throw new SluiceError(
    ErrorCode.InvalidStep,
    `${map} has ${keys} keys, so it runs in child workflows, and before it the pipeline uses ${first} of Temporal's own: every child would do that again.`,
    {
      where: map,
      fix: `Do it in a step or after the map, or keep the map to ${INLINE_KEYS} keys: children know the results of steps only.`,
    },
  );
}
