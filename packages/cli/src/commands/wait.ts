import { type Duration, milliseconds } from '@sluice/sdk';
import { UsageError } from '../errors.ts';
import { ExitCode, exitCodeOfState } from '../exit-code.ts';
import { followRun } from '../follow/follow-run.ts';
import { formatMs } from '../follow/format.ts';
import { failureLines, linesOf, roleOfState } from '../follow/lines.ts';
import type { Snapshot } from '../follow/snapshot.ts';
import { findRun } from '../run/find-run.ts';
import { restsAt, type WaitFor } from './follow.ts';
import { onInterrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { type CommonOptions, withServer } from './project.ts';

/** What a timer can count to, ms: longer ones would fire at once. */
export const LONGEST = 2 ** 31 - 1;

export interface WaitOptions extends CommonOptions {
  readonly for: string;
  readonly timeout?: string;
}

/** `sluice wait [RUN]`: says nothing until it is over, and then one line. */
export async function waitCommand(run: string | undefined, options: WaitOptions, io: Io): Promise<ExitCode> {
  const wait = whatFor(options.for);
  const timeout = options.timeout === undefined ? null : milliseconds(options.timeout as Duration, '--timeout');
  return withServer(options, async ({ client, target, loaded }) => {
    const { workflowId } = await findRun(client, target, run);
    const interrupt = onInterrupt();
    const late = timeout === null ? null : AbortSignal.timeout(Math.min(timeout, LONGEST));
    const signal = late === null ? interrupt.signal : AbortSignal.any([interrupt.signal, late]);
    const stopped = new Promise<null>((done) => signal.addEventListener('abort', () => done(null), { once: true }));
    try {
      const following = followRun({
        client,
        workflowId,
        root: loaded.root,
        address: target.address,
        interval: 1000,
        // Why it takes so long is told; what the run does is told by others.
        onEvent: (event) => {
          if (event.type === 'waiting' || event.type === 'back')
            for (const line of linesOf(event, io.paint)) io.note(line);
        },
        until: ({ status }) => restsAt(status, wait) !== null,
        signal,
      });
      following.catch(() => {});
      const last = await Promise.race([following, stopped]);
      if (last !== null && (last.closed !== null || restsAt(last.status, wait) !== null)) return told(last, wait, io);
      if (interrupt.signal.aborted) {
        io.note(`The run ${workflowId} goes on.`);
        return ExitCode.interrupted;
      }
      const what = wait === 'end' ? 'has not ended' : 'has not asked';
      io.object({ type: 'timed-out', at: Date.now(), run: workflowId, ms: timeout });
      io.line(`${io.paint('name', workflowId)} ${what} within ${formatMs(timeout ?? 0)}; it goes on`);
      return ExitCode.timedOut;
    } finally {
      interrupt.release();
    }
  });
}

function told({ status, closed, startedAt, at }: Snapshot, wait: WaitFor, io: Io): ExitCode {
  const rest = closed === null ? restsAt(status, wait) : null;
  const ms = (closed?.at ?? at) - startedAt;
  const failure = closed?.failure ?? null;
  io.object({
    type: closed === null ? 'resting' : 'finished',
    at: closed?.at ?? at,
    run: status.workflowId,
    state: status.state,
    ms,
    failure,
  });
  io.line(
    `${io.paint('name', status.workflowId)} ${io.paint(roleOfState(status.state), status.state)} after ${formatMs(ms)}`,
  );
  if (failure !== null) for (const line of failureLines(failure, io.paint)) io.line(line);
  for (const { commands } of rest === null ? [] : status.gates) {
    for (const command of commands) io.line(`  ${io.paint('name', command)}`);
  }
  return rest === null ? exitCodeOfState(status.state) : rest === 'blocked' ? ExitCode.blocked : ExitCode.done;
}

function whatFor(word: string): WaitFor {
  if (word === 'end' || word === 'approval') return word;
  throw new UsageError(`--for ${word} is not known.`, 'Write --for end, or --for approval.');
}
