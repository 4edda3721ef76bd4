import type { ActivityContext } from '../context.ts';
import { type DuckDbSession, openDuckDb } from '../extract/duckdb-session.ts';
import { extractMemory } from '../extract/memory-budget.ts';
import { withScratch } from '../extract/scratch.ts';
import type { ActivityScope } from '../serving/activity-scope.ts';
import { onDisk } from '../store/storage-error.ts';

/** Works with a DuckDB session that has its share of what this worker reads with, and a folder that is gone afterwards. */
export function withJudgingRoom<Value>(
  context: Pick<ActivityContext, 'root' | 'stateDir'>,
  scope: ActivityScope,
  work: (session: DuckDbSession, scratch: string) => Promise<Value>,
): Promise<Value> {
  return onDisk(context.stateDir, () =>
    withScratch(context.stateDir, async (scratch) => {
      const memory = await extractMemory.take(scope.signal);
      try {
        const room = { root: context.root, scratch, memory: memory.bytes, signal: scope.signal, secrets: [] };
        const session = await openDuckDb(room);
        try {
          return await work(session, scratch);
        } finally {
          session.close();
        }
      } finally {
        memory.release();
      }
    }),
  );
}
