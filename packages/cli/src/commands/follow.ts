import type { RunStatus } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { ExitCode, exitCodeOfState } from '../exit-code.ts';
import { followRun } from '../follow/follow-run.ts';
import type { Snapshot } from '../follow/snapshot.ts';
import type { TemporalTarget } from '../run/temporal-target.ts';
import { onInterrupt } from './interrupt.ts';
import type { Io } from './io.ts';

/** What is waited for: the run's end, or the question it asks. */
export type WaitFor = 'end' | 'approval';

/**
 * Shows a run until it ends, is blocked by a gate, or with `approval` until it asks; Ctrl-C leaves it running.
 *
 * @returns the exit code that says how it stands.
 */
export async function followCommand(options: {
  readonly client: Client;
  readonly target: TemporalTarget;
  /** Folder of the project. */
  readonly root: string;
  readonly workflowId: string;
  readonly wait: WaitFor;
  readonly io: Io;
}): Promise<ExitCode> {
  const { io, workflowId, wait } = options;
  const interrupt = onInterrupt();
  const renderer = io.renderer();
  let last: Snapshot | null;
  try {
    const following = followRun({
      client: options.client,
      workflowId,
      root: options.root,
      address: options.target.address,
      onEvent: (event) => renderer.event(event),
      onSnapshot: (snapshot) => renderer.snapshot(snapshot),
      until: ({ status }) => restsAt(status, wait) !== null,
      signal: interrupt.signal,
    });
    // A look at a server that is away may take seconds more; nobody waits for it.
    last = await Promise.race([following, interrupt.aborted]);
    following.catch(() => {});
  } finally {
    renderer.close();
    interrupt.release();
  }
  if (interrupt.signal.aborted) {
    io.note(`The run ${workflowId} goes on. Follow it again: sluice status ${workflowId} --follow`);
    return ExitCode.interrupted;
  }
  if (last === null) return ExitCode.failed;
  const rest = last.closed === null ? restsAt(last.status, wait) : null;
  if (rest === 'blocked') io.note(`The run ${workflowId} stays blocked until somebody overrides or rejects it.`);
  return rest === null ? exitCodeOfState(last.status.state) : rest === 'blocked' ? ExitCode.blocked : ExitCode.done;
}

/** Where an open run needs a person; null while it goes on by itself. */
export function restsAt(status: RunStatus, wait: WaitFor): 'blocked' | 'awaiting-approval' | null {
  if (status.state === 'blocked') return 'blocked';
  return wait === 'approval' && status.state === 'awaiting-approval' ? 'awaiting-approval' : null;
}
