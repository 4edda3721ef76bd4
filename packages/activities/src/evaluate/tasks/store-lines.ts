import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import { newAttemptId } from '../../job/process/attempt-id.ts';

/** Stores JSON lines, one after the other, however many. */
export async function storeLines(
  { stateDir, store }: Pick<ActivityContext, 'stateDir' | 'store'>,
  name: string,
  lines: AsyncIterable<object>,
): Promise<Artifact> {
  const scratch = join(stateDir, 'work', newAttemptId());
  await mkdir(scratch, { recursive: true });
  try {
    const path = join(scratch, name);
    const file = await open(path, 'w');
    try {
      for await (const line of lines) await file.appendFile(`${JSON.stringify(line)}\n`);
    } finally {
      await file.close();
    }
    return await store.putFile(path, 'report');
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
