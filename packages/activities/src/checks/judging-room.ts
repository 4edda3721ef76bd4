import type { ActivityContext } from '../context.ts';
import { type DuckDbSession, openDuckDb } from '../extract/duckdb-session.ts';
import { extractMemory } from '../extract/memory-budget.ts';
import { withScratch } from '../extract/scratch.ts';
import type { ActivityScope } from '../serving/activity-scope.ts';
import { onDisk } from '../store/storage-error.ts';

/** Runs work on DuckDB. Its memory is taken from what other steps use as well, so it is held for that work only. */
export type OnDuckDb = <T>(work: (session: DuckDbSession) => Promise<T>) => Promise<T>;

/** Works with DuckDB, now and then, and a folder that is gone afterwards. */
export function withJudgingRoom<Value>(
  context: Pick<ActivityContext, 'root' | 'stateDir'>,
  { signal }: Pick<ActivityScope, 'signal'>,
  work: (onDuckDb: OnDuckDb, folder: string) => Promise<Value>,
): Promise<Value> {
  return onDisk(context.stateDir, () =>
    withScratch(context.stateDir, (scratch) => {
      const onDuckDb: OnDuckDb = async (some) => {
        const memory = await extractMemory.take(signal);
        try {
          const session = await openDuckDb({ root: context.root, scratch, memory: memory.bytes, signal, secrets: [] });
          return await some(session).finally(() => session.close());
        } finally {
          memory.release();
        }
      };
      return work(onDuckDb, scratch);
    }),
  );
}
