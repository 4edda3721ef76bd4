import type { AttemptProgress } from '@sluice/sdk';

/**
 * When work ended that says when it did. The workflow's clock stands still between its tasks: after a reset, or while its
 * workers were away, it hears of an end long after that.
 *
 * @param start when it was dispatched, epoch ms of the workflow's clock
 * @param now when the workflow hears of it
 * @param progress the last word of the machine that did it, by that machine's clock; null where nothing was heard
 * @returns epoch ms of the workflow's clock, and seconds on the machine
 */
export function endedAt(
  start: number,
  now: number,
  progress: Pick<AttemptProgress, 'startedAt' | 'at'> | null,
): { readonly end: number; readonly seconds: number } {
  if (progress === null) return { end: now, seconds: Math.max(0, now - start) / 1000 };
  // A span of one clock is right whatever the clocks say of each other.
  const worked = Math.min(Math.max(0, progress.at - progress.startedAt), Math.max(0, now - start));
  return { end: Math.min(now, Math.max(progress.at, start + worked)), seconds: worked / 1000 };
}
