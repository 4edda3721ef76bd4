import { CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';

/**
 * Bytes of commands that one workflow task sends: gRPC takes 4 MB in one message, and a task has some seconds to write
 * them down. One that is larger goes alone, and to the artifact store.
 */
const TASK_BYTES = 2_000_000;

/** Length of the history when the task under way began: what tells workflow tasks apart, also in a replay. */
let task = -1;
let sent = 0;
let next: Promise<void> | null = null;

/**
 * Waits until the workflow task under way has room for a command of so many bytes; null where it has. The order stays
 * that of the calls.
 */
export function roomFor(bytes: number): Promise<void> | null {
  if (next === null && fits(bytes)) return null;
  return waited(bytes);
}

async function waited(bytes: number): Promise<void> {
  do {
    // One timer for all that wait; whoever is cancelled meanwhile must not take it from the others.
    next ??= CancellationScope.nonCancellable(() => sleep(1)).finally(() => {
      next = null;
    });
    await next;
  } while (!fits(bytes));
}

function fits(bytes: number): boolean {
  const now = workflowInfo().historyLength;
  if (now !== task) {
    task = now;
    sent = 0;
  }
  if (sent > 0 && sent + bytes > TASK_BYTES) return false;
  sent += bytes;
  return true;
}
