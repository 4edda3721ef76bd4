import { randomUUID } from 'node:crypto';
import {
  type Decision,
  type DecisionKind,
  type DecisionRequest,
  ErrorCode,
  Query,
  type RunStatus,
  SluiceError,
  Update,
} from '@sluice/sdk';
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { shortDigest } from '../follow/format.ts';
import { failureOf } from '../follow/look.ts';
import { whoAmI } from '../git.ts';
import { answeredByWorker } from '../run/answered-by-worker.ts';
import { findRun } from '../run/find-run.ts';
import type { Io } from './io.ts';
import { type CommonOptions, withServer } from './project.ts';

export interface DecideOptions extends CommonOptions {
  readonly reason?: string;
  readonly candidate?: string;
  readonly endpoint?: string;
  readonly by?: string;
  readonly token?: string;
}

/** `sluice approve|override|reject [RUN]` */
export async function decideCommand(
  decision: DecisionKind,
  run: string | undefined,
  options: DecideOptions,
  io: Io,
): Promise<ExitCode> {
  if (decision === 'override' && !options.reason?.trim()) {
    throw new UsageError('An override needs a reason.', 'Add --reason "why this may go out although a gate says no".');
  }
  return withServer(options, async ({ client, target, loaded }) => {
    const found = await findRun(client, target, run);
    const token = options.token ?? process.env.SLUICE_TOKEN;
    const answer = await decide(client, found.workflowId, {
      decision,
      by: options.by ?? (await whoAmI(loaded.root)),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...(options.candidate === undefined ? {} : { candidate: options.candidate }),
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
      ...(token === undefined ? {} : { token }),
    });
    io.object({ type: 'decision', at: Date.now(), run: found.workflowId, decision: answer });
    const what = `${answer.decision} of ${shortDigest(answer.candidate)} by ${answer.by} counts`;
    io.line(`${io.paint('name', found.workflowId)}: ${io.paint('good', what)}`);
    return ExitCode.done;
  });
}

/**
 * Sends a decision and gives what was recorded. One that names no candidate is bound to the one that waits now, so
 * that it cannot count for another.
 *
 * @throws SluiceError `DecisionRefused` saying why it does not count.
 */
export async function decide(client: Client, workflowId: string, request: DecisionRequest): Promise<Decision> {
  const handle = client.workflow.getHandle(workflowId);
  // One id over all repetitions: the decision is taken once.
  const updateId = randomUUID();
  try {
    const bound = request.candidate === undefined ? await bindToCandidate(client, workflowId, request) : request;
    return await answeredByWorker(client, workflowId, () =>
      handle.executeUpdate<Decision, [DecisionRequest]>(Update.decide, { args: [bound], updateId }),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw refused(workflowId, 'the run has ended', error);
    if (error instanceof WorkflowUpdateFailedError) {
      const { code, message } = failureOf(error.cause);
      if (code === ErrorCode.DecisionRefused)
        throw refused(workflowId, message.replace(/^This decision does not count: /, '').replace(/\.$/, ''), error);
      throw new SluiceError(code, message, { where: workflowId, cause: error });
    }
    throw error;
  }
}

async function bindToCandidate(client: Client, workflowId: string, request: DecisionRequest): Promise<DecisionRequest> {
  const handle = client.workflow.getHandle(workflowId);
  const status = await answeredByWorker(client, workflowId, () => handle.query<RunStatus>(Query.status));
  const waiting = status.gates.map(({ candidate }) => candidate);
  if (waiting.length > 1) {
    throw new UsageError(
      'More than one candidate waits in this run.',
      `Name one: --candidate ${waiting.map(shortDigest).join(' or --candidate ')}`,
    );
  }
  return waiting[0] === undefined ? request : { ...request, candidate: waiting[0] };
}

function refused(workflowId: string, why: string, cause: unknown): SluiceError {
  return new SluiceError(ErrorCode.DecisionRefused, `This decision does not count: ${why}.`, {
    where: workflowId,
    fix: `See what the run waits for: sluice status ${workflowId}`,
    data: { reason: why },
    cause,
  });
}
