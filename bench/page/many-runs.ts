import { SearchAttribute } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** Starts at once. */
const LANES = 16;

/** Runs that wait for workers whom nobody starts, and returns when all are listed. */
export async function startMany(client: Client, count: number): Promise<void> {
  const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < count; n = next++) {
      await client.workflow.start('page', {
        taskQueue: 'nobody',
        workflowId: `page/page-${n}`,
        args: [{ n }],
        memo: { by: 'ana', commit: 'e892d88a5aa2578fd0c9e7bfd3acd7e98bb5a272', dirty: false },
        typedSearchAttributes: [
          { key: keyword(SearchAttribute.pipeline), value: 'page' },
          { key: keyword(SearchAttribute.state), value: 'running' },
        ],
      });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const listed = `${SearchAttribute.pipeline} = 'page'`;
  while ((await client.workflow.count(listed)).count < count) await new Promise((done) => setTimeout(done, 200));
}
