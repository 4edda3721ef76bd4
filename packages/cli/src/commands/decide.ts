import { randomUUID } from 'node:crypto';
import { keyringOf, sealToken } from '@sluice/activities/encryption';
import {
  type Decision,
  type DecisionKind,
  type DecisionRequest,
  type DecisionSubject,
  ErrorCode,
  type OpenGate,
  Query,
  type RunStatus,
  SluiceError,
  type TokenPurpose,
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
  readonly step?: string;
  readonly round?: string;
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
    const { reason, step, endpoint, candidate, round } = options;
    const given = Object.entries({ reason, step, endpoint, candidate, round, token });
    const answer = await decide(
      client,
      found.workflowId,
      {
        decision,
        by: options.by ?? (await whoAmI(loaded.root)),
        ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
      },
      token === undefined ? undefined : sealer(loaded.config),
    );
    io.object({ type: 'decision', at: Date.now(), run: found.workflowId, decision: answer });
    const where = `${shortDigest(answer.candidate)} for ${answer.endpoint} at ${answer.step}`;
    const what = `${answer.decision} of ${where} by ${answer.by} counts`;
    io.line(`${io.paint('name', found.workflowId)}: ${io.paint('good', what)}`);
    return ExitCode.done;
  });
}

/** A token as it may stand in a history, for one decision. */
export type Seal = (token: string, purpose: TokenPurpose) => string;

/** @throws SluiceError `InvalidConfig` where the project has no key: a token is never sent in clear. */
export function sealer(config: Parameters<typeof keyringOf>[0]): Seal {
  const ring = keyringOf(config);
  if (ring !== null) return (token, purpose) => sealToken(ring, token, purpose);
  throw new SluiceError(ErrorCode.InvalidConfig, 'This project has no key, and a token is never sent in clear.', {
    where: 'encryption in sluice.config.ts',
    fix: "Name a key: encryption: { keyEnv: 'SLUICE_KEY' }. Or leave the token out (--token, SLUICE_TOKEN), if approvers.oidc is not set.",
  });
}

/**
 * Sends a decision and gives what was recorded. What the run has asked only once needs no names; after that, a decision
 * is sent with the names it has, and counts if they fit one question of all.
 *
 * @param seal needed for a request with a token
 * @throws SluiceError `DecisionRefused` saying why it does not count.
 */
export async function decide(
  client: Client,
  workflowId: string,
  request: DecisionRequest,
  seal?: Seal,
): Promise<Decision> {
  const handle = client.workflow.getHandle(workflowId);
  // One id over all repetitions: the decision is taken once.
  const updateId = randomUUID();
  try {
    const bound = await bind(client, workflowId, { run: workflowId, ...request }, seal);
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

async function bind(
  client: Client,
  workflowId: string,
  request: DecisionRequest,
  seal: Seal | undefined,
): Promise<DecisionRequest> {
  const { step, endpoint, candidate, token } = request;
  if (step !== undefined && endpoint !== undefined && candidate !== undefined && token === undefined) return request;
  const handle = client.workflow.getHandle(workflowId);
  // Nobody may serve the code of a run that has ended.
  if ((await handle.describe()).closeTime !== undefined) throw refused(workflowId, 'the run has ended', undefined);
  const { gates, asked } = await answeredByWorker(client, workflowId, () => handle.query<RunStatus>(Query.status));
  const fitting = gates.filter((gate) => fits(request, gate));
  const [only] = fitting;
  // Where the run has asked before, the answer may be meant for what it asked then: the workflow judges what is named.
  const bound = asked === 1 && only !== undefined ? { ...request, ...namesOf(workflowId, only) } : request;
  const named = step ?? endpoint ?? candidate;
  if (fitting.length > 1 || (asked > 1 && named === undefined && only !== undefined)) throw nameOne(asked, fitting);
  if (token === undefined) return bound;
  if (seal === undefined || only === undefined) return withoutToken(bound);
  const subject = { run: workflowId, step: only.step, endpoint: only.endpoint, candidate: only.candidate };
  return { ...bound, token: seal(token, { for: request.decision, ...subject, round: only.round }) };
}

/** Nothing waits that it could be sealed for, so it will not count; in clear it is never sent. */
function withoutToken({ token: _, ...request }: DecisionRequest): DecisionRequest {
  return request;
}

function namesOf(run: string, { step, endpoint, candidate, round }: OpenGate) {
  return { run, step, endpoint, candidate, round: String(round) } satisfies Record<keyof DecisionSubject, string>;
}

const LEAST_DIGITS = 8;

function fits({ step, endpoint, candidate, round }: DecisionRequest, gate: OpenGate): boolean {
  const prefix = candidate?.replace(/^sha256:/, '').toLowerCase();
  return (
    (step ?? gate.step) === gate.step &&
    (endpoint ?? gate.endpoint) === gate.endpoint &&
    // Fewer digits than the workflow takes are left for it to refuse: they are not to be made whole here.
    (prefix === undefined ||
      (prefix.length >= LEAST_DIGITS && gate.candidate.replace(/^sha256:/, '').startsWith(prefix))) &&
    (round ?? String(gate.round)) === String(gate.round)
  );
}

function nameOne(asked: number, gates: readonly OpenGate[]): UsageError {
  return new UsageError(
    gates.length > 1 ? 'More than one candidate waits in this run.' : `This run has asked ${asked} times.`,
    `Name the one that is meant: ${gates.map(({ commands }) => commands[0] ?? '').join('   or   ')}`,
  );
}

function refused(workflowId: string, why: string, cause: unknown): SluiceError {
  return new SluiceError(ErrorCode.DecisionRefused, `This decision does not count: ${why}.`, {
    where: workflowId,
    fix: `See what the run waits for: sluice status ${workflowId}`,
    data: { reason: why },
    cause,
  });
}
