import { nonEmptyText } from './options.ts';
import { currentRuntime } from './runtime.ts';

/**
 * Temporal's `patched`: false in runs that passed this place before the change called `id` was made, true in all
 * others, so that a change of a pipeline leaves runs under way as they were. Also true in a plan and in
 * `sluice step`, where there is no history; and in the children of a large `map` what it was in their parent.
 */
export function patched(id: string): boolean {
  nonEmptyText('patched(…)', 'the id of the change', id);
  return currentRuntime().patched?.(id) ?? true;
}
