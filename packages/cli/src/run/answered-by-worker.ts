import { ErrorCode, SluiceError } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { isUnreachable } from './temporal-call.ts';

/** How long a worker may take to answer, ms. */
const PATIENCE = 60_000;

/**
 * A query or an update is answered by the run's own worker. While none is there it is asked again for a minute, so
 * `call` must be safe to repeat.
 *
 * @throws SluiceError `Unreachable` saying that there is no worker, or no server.
 */
export async function answeredByWorker<Value>(
  client: Client,
  workflowId: string,
  call: () => Promise<Value>,
): Promise<Value> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await client.withDeadline(Math.min(deadline, Date.now() + 15_000), call);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      if (Date.now() > deadline - 1000) throw noAnswer(workflowId, error);
    }
  }
}

function noAnswer(workflowId: string, cause: unknown): SluiceError {
  return new SluiceError(ErrorCode.Unreachable, `No worker answers for ${workflowId}.`, {
    where: workflowId,
    fix: 'Start the workers: sluice dev, or sluice worker --control.',
    permanent: false,
    cause,
  });
}
