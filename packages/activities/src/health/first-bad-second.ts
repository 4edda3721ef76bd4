import type { WatchInput } from '@sluice/sdk';
import type { Target } from '../rollout/target.ts';
import { addLook, type Judgement } from './judge.ts';
import type { WatchMemory } from './watch-memory.ts';

/**
 * The start of the second in which the first bad answer was counted, epoch ms. A look counts a few seconds together, so
 * they are asked for again one by one; what cannot be asked for now is at most one look early. Errors have their own
 * time, to the millisecond.
 */
export async function firstBadSecond(
  target: Target,
  input: WatchInput,
  memory: WatchMemory,
  { firstBadAt, failed }: Judgement,
): Promise<number | null> {
  if (firstBadAt === null || failed === null || failed === 'errors') return firstBadAt;
  const { phase, candidate, stable, spec } = input;
  const before = memory.judge.metrics[failed].candidate.hits;
  const end = Math.min(firstBadAt + spec.health.interval, memory.countedUntil);
  try {
    for (let since = firstBadAt; since < end; since += 1000) {
      const measured = await target.measure(input.endpoint, { since, until: since + 1000 });
      const look = { phase, candidate, stable, policy: spec.health, measured };
      if (addLook(memory.judge, look).metrics[failed].candidate.hits > before) return since;
    }
  } catch {
    // It is said as well as it is known: a rollback does not wait for it.
  }
  return firstBadAt;
}
