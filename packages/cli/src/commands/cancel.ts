import { type Duration, milliseconds } from '@sluice/sdk';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { followRun } from '../follow/follow-run.ts';
import { formatMs } from '../follow/format.ts';
import { linesOf, roleOfState } from '../follow/lines.ts';
import type { Snapshot } from '../follow/snapshot.ts';
import { whoAmI } from '../git.ts';
import { findRun } from '../run/find-run.ts';
import { temporalCall } from '../run/temporal-call.ts';
import type { TemporalTarget } from '../run/temporal-target.ts';
import { onInterrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { type CommonOptions, withServer } from './project.ts';
import { LONGEST } from './wait.ts';

export interface CancelOptions extends CommonOptions {
  readonly reason?: string;
  readonly by?: string;
  readonly timeout: string;
}

/** gRPC's code. */
const NOT_FOUND = 5;

/** `sluice cancel [RUN]` */
export async function cancelCommand(run: string | undefined, options: CancelOptions, io: Io): Promise<ExitCode> {
  const timeout = milliseconds(options.timeout as Duration, '--timeout');
  return withServer(options, async ({ client, target, loaded }) => {
    const found = await findRun(client, target, run);
    const { workflowId } = found;
    if (found.close !== null) {
      // A script that ends the same run twice has what it wants.
      if (found.state !== 'cancelled') {
        throw new UsageError(
          `The run ${workflowId} has ended already: it is ${found.state}.`,
          'There is nothing to cancel.',
        );
      }
      io.object({ type: 'cancelled', at: Date.now(), run: workflowId, state: found.state, kept: [] });
      io.line(`${io.paint('name', workflowId)} was cancelled before`);
      return ExitCode.done;
    }
    const by = options.by ?? (await whoAmI(loaded.root));
    await request(client, target, workflowId, `${by}${options.reason === undefined ? '' : `: ${options.reason}`}`);
    io.line(`${io.paint('name', workflowId)} is told to end`);
    return waited(client, target, loaded.root, workflowId, timeout, io);
  });
}

/** The reason stands in the run's history, where Temporal's UI shows it. */
async function request(client: Client, target: TemporalTarget, workflowId: string, reason: string): Promise<void> {
  const asked = client.workflowService.requestCancelWorkflowExecution({
    namespace: target.namespace,
    workflowExecution: { workflowId },
    reason: reason.slice(0, 1000),
  });
  await temporalCall(target, () => asked).catch((error: unknown) => {
    // It has ended meanwhile, and how is told when it is waited for.
    if (!(isGrpcServiceError(error) && error.code === NOT_FOUND)) throw error;
  });
}

async function waited(
  client: Client,
  target: TemporalTarget,
  root: string,
  workflowId: string,
  timeout: number,
  io: Io,
): Promise<ExitCode> {
  const interrupt = onInterrupt();
  const signal = AbortSignal.any([interrupt.signal, AbortSignal.timeout(Math.min(timeout, LONGEST))]);
  const stopped = new Promise<null>((done) => signal.addEventListener('abort', () => done(null), { once: true }));
  const seen = new Map<string, number>();
  try {
    const following = followRun({
      client,
      workflowId,
      root,
      address: target.address,
      onEvent: (event) => {
        if (event.type === 'waiting' || event.type === 'back')
          for (const line of linesOf(event, io.paint)) io.note(line);
      },
      onSnapshot: ({ jobs }) => {
        for (const { step, progress } of jobs) if (progress?.checkpoint != null) seen.set(step, progress.checkpoint);
      },
      signal,
    });
    following.catch(() => {});
    const last = await Promise.race([following, stopped]);
    if (last?.closed) return ended(last, seen, io);
    io.note(
      interrupt.signal.aborted
        ? `The run ${workflowId} has been told to end; nobody waits for it any more.`
        : `The run ${workflowId} has been told to end, and has not within ${formatMs(timeout)}. It does when a worker serves it: sluice wait ${workflowId}`,
    );
    return interrupt.signal.aborted ? ExitCode.interrupted : ExitCode.timedOut;
  } finally {
    interrupt.release();
  }
}

function ended(last: Snapshot, seen: ReadonlyMap<string, number>, io: Io): ExitCode {
  const { status, closed, startedAt } = last;
  const { state, workflowId } = status;
  const kept = keptBy(last, seen);
  io.object({ type: 'cancelled', at: closed?.at ?? last.at, run: workflowId, state, kept });
  const after = formatMs((closed?.at ?? last.at) - startedAt);
  io.line(`${io.paint('name', workflowId)} ${io.paint(roleOfState(state), state)} after ${after}`);
  if (state !== 'cancelled') io.line('It had ended before it could be cancelled.');
  for (const line of keptLines(last, kept)) io.line(line);
  return state === 'cancelled' ? ExitCode.done : ExitCode.failed;
}

interface Kept {
  readonly step: string;
  /** `result` of a step that had ended, or the training step of a job's last checkpoint. */
  readonly what: 'result' | number;
}

/**
 * What a cancelled run leaves that a retry goes on from.
 *
 * @param seen checkpoints that running jobs told of while the run was waited for: a cancelled attempt may not have had
 * the time to record its own
 */
export function keptBy({ status }: Snapshot, seen: ReadonlyMap<string, number> = new Map()): Kept[] {
  return status.steps.flatMap((step): Kept[] => {
    if (step.kind === 'map') return [];
    if (step.state === 'done' || step.state === 'reused') return [{ step: step.step, what: 'result' }];
    const checkpoint = step.attempts.reduce<number | null>(
      (best, one) => one.checkpoint ?? one.resumedFrom ?? best,
      null,
    );
    const told = seen.get(step.step);
    if (told !== undefined && told > (checkpoint ?? -1)) return [{ step: step.step, what: told }];
    return checkpoint === null ? [] : [{ step: step.step, what: checkpoint }];
  });
}

export function keptLines({ status }: Snapshot, kept: readonly Kept[]): string[] {
  const hidden = status.hidden.done ?? 0;
  const results = kept.filter(({ what }) => what === 'result').length + hidden;
  const checkpoints = kept.filter(({ what }) => what !== 'result');
  const lines = [
    results === 0 ? 'No step had ended.' : `kept: the results of ${results} ${results === 1 ? 'step' : 'steps'}`,
    ...checkpoints.slice(0, 20).map(({ step, what }) => `kept: ${step}, checkpoint at step ${what}`),
    ...(checkpoints.length > 20 ? [`kept: and checkpoints of ${checkpoints.length - 20} steps more`] : []),
  ];
  const first = status.steps.find(({ state, kind }) => state !== 'done' && state !== 'reused' && kind !== 'map');
  if (first !== undefined) lines.push(`go on from there: sluice retry ${status.workflowId} --from ${first.step}`);
  return lines;
}
