import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Candidate,
  ENDPOINT_WORKFLOW,
  type EndpointState,
  ErrorCode,
  endpointWorkflowId,
  type RollbackAnswer,
  type RollbackRequest,
  SluiceError,
  taskQueue,
  Update,
} from '@sluice/sdk';
import { type Client, WorkflowUpdateFailedError } from '@temporalio/client';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { failureOf } from '../follow/look.ts';
import { whoAmI } from '../git.ts';
import { answeredByWorker } from '../run/answered-by-worker.ts';
import { lookAtEndpoint } from '../run/endpoint-look.ts';
import { lasting } from '../run/lasting.ts';
import type { Io } from './io.ts';
import { type CommonOptions, withServer } from './project.ts';

interface RollbackOptions extends CommonOptions {
  readonly to?: string;
  readonly from?: string;
  readonly reason?: string;
  readonly by?: string;
  /** Seconds. */
  readonly timeout: number;
}

/** Milliseconds between looks while traffic moves. */
const POLL = 300;
/** Milliseconds that a version which is started again may take before it is told that it does not serve. */
const STARTING = 10_000;
/** Milliseconds in which a rollback that names no version is taken for the one that was just done. */
const JUST_DONE = 15 * 60_000;

/** `sluice rollback ENDPOINT`: asks, waits until traffic is seen to be back, and exits by that. */
export async function rollbackCommand(name: string, options: RollbackOptions, io: Io): Promise<ExitCode> {
  return withServer(options, async ({ client, loaded }) => {
    const names = Object.keys(loaded.config.endpoints);
    if (!names.includes(name)) {
      throw new UsageError(
        `There is no endpoint "${name}".${didYouMean(name, names)}`,
        `There is: ${names.join(', ') || 'none'}.`,
      );
    }
    const deadline = Date.now() + options.timeout * 1000;
    const state = await knownState(client, name, taskQueue(loaded.config.project), deadline);
    const done = options.from === undefined && options.to === undefined ? justDone(state) : null;
    if (done !== null) {
      io.object({
        type: 'rollback',
        at: Date.now(),
        endpoint: name,
        accepted: true,
        to: state.stable?.id,
        already: true,
      });
      io.line(`${io.paint('step', name)}: ${done}`);
      return ExitCode.done;
    }
    const request: RollbackRequest = {
      id: `rollback@${randomUUID()}`,
      by: options.by ?? (await whoAmI(loaded.root)),
      from: options.from ?? leftBy(state),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...(options.to === undefined ? {} : { to: versionMeant(state, options.to) }),
    };
    const answer = await ask(client, name, request);
    io.object({ type: 'rollback', at: Date.now(), endpoint: name, from: request.from, ...answer });
    io.line(
      `${io.paint('step', name)}: rolling back from ${request.from} to ${io.paint('name', answer.to ?? 'no version')}`,
    );
    return confirmed(client, name, answer, deadline, io);
  });
}

/** The endpoint's state, its workflow being started again where it had ended. */
async function knownState(client: Client, name: string, queue: string, deadline: number): Promise<EndpointState> {
  for (;;) {
    const { running, known, state } = await lookAtEndpoint(client, name);
    if (!known) throw refused(name, 'nothing was ever deployed to it');
    if (!running) {
      await client.workflow.start(ENDPOINT_WORKFLOW, {
        workflowId: endpointWorkflowId(name),
        taskQueue: queue,
        args: [{ endpoint: name }],
        workflowIdConflictPolicy: 'USE_EXISTING',
        staticSummary: `traffic of ${name}`,
      });
    } else if (state !== null && state.mode !== 'adopting') return state;
    if (Date.now() > deadline) throw refused(name, 'it is still being found out what it serves');
    await delay(POLL);
  }
}

/** Pressed twice, it is done once: what serves now is what the first one put back. */
function justDone({ history, stable, mode }: EndpointState): string | null {
  const last = history.at(-1);
  if (mode !== 'steady' || stable === null || last?.state !== 'rolled-back') return null;
  const ago = Date.now() - last.endedAt;
  if (ago > JUST_DONE) return null;
  const when = `${Math.round(ago / 1000)} s ago`;
  return `${last.candidate.slice(7, 19)} was rolled back ${when} (${last.reason ?? 'no reason given'}); ${stable.id} serves. To leave that as well: --from ${stable.id}`;
}

/** What a rollback leaves that names nothing: the candidate, else what serves. */
function leftBy(state: EndpointState): string {
  return state.leaving ?? state.candidate?.id ?? state.stable?.id ?? Object.keys(state.weights)[0] ?? 'nothing';
}

/** A version by its id, its number in the registry or the start of its digest; else as it was written. */
function versionMeant({ formers, stable }: EndpointState, text: string): string {
  const hex = text.replace(/^sha256:/, '').toLowerCase();
  const matches = (one: Candidate) =>
    one.id === text ||
    (one.registered !== null && one.registered.version === text.replace(/^v/, '')) ||
    (hex.length >= 8 && one.digest.replace('sha256:', '').startsWith(hex));
  return [...formers, ...(stable === null ? [] : [stable])].find(matches)?.id ?? text;
}

async function ask(client: Client, name: string, request: RollbackRequest): Promise<RollbackAnswer> {
  const workflowId = endpointWorkflowId(name);
  const handle = client.workflow.getHandle(workflowId);
  const options = { args: [request] as [RollbackRequest], updateId: request.id };
  try {
    const answer = await answeredByWorker(client, workflowId, () =>
      handle.executeUpdate<RollbackAnswer, [RollbackRequest]>(Update.rollback, options),
    );
    if (!answer.accepted) throw refused(name, answer.why ?? 'the endpoint said no');
    return answer;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw refused(name, failureOf(error.cause).message, error);
    throw error;
  }
}

/** Waits until the outcome is in the endpoint's books, saying what stands in its way. */
async function confirmed(
  client: Client,
  name: string,
  { to, outcomeId }: RollbackAnswer,
  deadline: number,
  io: Io,
): Promise<ExitCode> {
  let said: string | null = null;
  const alarmAt = lasting(STARTING);
  for (;;) {
    const { state } = await lookAtEndpoint(client, name);
    const outcome = state?.history.find(({ id }) => id === outcomeId) ?? null;
    const there = outcomeId === null && state?.mode === 'steady' && (state.stable?.id ?? null) === to;
    if (outcome !== null || there) {
      const seconds = outcome === null ? null : (outcome.endedAt - outcome.startedAt) / 1000;
      io.object({ type: 'rolled-back', at: Date.now(), endpoint: name, to, outcome, weights: state?.weights ?? null });
      const took = seconds === null ? '' : ` after ${seconds.toFixed(1)} s`;
      io.line(`${io.paint('step', name)}: ${io.paint('good', `${to ?? 'no version'} was seen to serve`)}${took}`);
      return outcome === null || outcome.state === 'rolled-back' ? ExitCode.done : ExitCode.failed;
    }
    const alarm = alarmAt(state?.alarm ?? null, Date.now());
    if (alarm !== null && alarm !== said) {
      said = alarm;
      io.line(`${io.paint('step', name)}: ${io.paint('bad', alarm)}`);
    }
    if (Date.now() > deadline) {
      // Seconds may be too few for it to have been told above.
      const why = state?.alarm && said === null ? `: ${state.alarm}` : '.';
      throw new SluiceError(ErrorCode.Internal, `${name} is not seen to be back on ${to ?? 'no version'} yet${why}`, {
        where: name,
        fix: 'The rollback goes on; see how it stands: sluice endpoints',
        data: { alarm: state?.alarm ?? null },
      });
    }
    await delay(POLL);
  }
}

function refused(endpoint: string, why: string, cause?: unknown): SluiceError {
  return new SluiceError(ErrorCode.DecisionRefused, `${endpoint} is not rolled back: ${why}.`, {
    where: endpoint,
    fix: 'See what it serves: sluice endpoints',
    data: { reason: why },
    cause,
  });
}
