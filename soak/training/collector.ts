import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { collectGarbage, defaultLocalAges, openStore, temporalRuns } from '../../packages/activities/src/index.ts';

/** Nothing younger is touched, ms. `sluice gc` takes an hour at least; here a job names what it stores within seconds. */
const GRACE = 60_000;

export interface Collected {
  rounds: number;
  /** Artifacts that were deleted. */
  deleted: number;
  bytes: number;
}

/** Stores something that nobody needs and collects garbage, again and again beside everything else, until told to stop. */
export async function collectUntil(
  root: string,
  { client, namespace }: { readonly client: Client; readonly namespace: string },
  signal: AbortSignal,
): Promise<Collected> {
  const collected: Collected = { rounds: 0, deleted: 0, bytes: 0 };
  const store = openStore(undefined, root);
  while (!signal.aborted) {
    await delay(10_000, undefined, { signal }).catch(() => {});
    await store.putText(`nobody asks for this, ${collected.rounds}`, 'report');
    const kinds = await collectGarbage({
      store,
      runs: temporalRuns(client),
      namespace,
      mlflow: null,
      stateDir: join(root, '.sluice'),
      grace: GRACE,
      payloadAge: GRACE,
      localAges: defaultLocalAges,
      delete: true,
    });
    collected.rounds += 1;
    for (const { deleted } of kinds) {
      collected.deleted += deleted.count;
      collected.bytes += deleted.bytes;
    }
  }
  return collected;
}
