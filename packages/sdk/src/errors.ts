/** Options of every {@link SluiceError}. */
export interface ErrorDetails {
  /** Where it happened: a file, a step (`airport=EWR/delay`), a key, a URL. */
  readonly where?: string;
  /** What the reader can do now, in one sentence. */
  readonly fix?: string;
  readonly cause?: unknown;
  /** Machine-readable facts; they travel with the failure over process borders. */
  readonly data?: unknown;
  /** True when trying again unchanged cannot help. @default true */
  readonly permanent?: boolean;
}

/**
 * The base of every error a user can cause. `code` is stable over releases; tell errors apart by it, never by
 * message or by `instanceof` (classes do not survive the border between a workflow and its activities).
 */
export class SluiceError extends Error {
  readonly code: string;
  readonly where: string | undefined;
  readonly fix: string | undefined;
  readonly data: unknown;
  readonly permanent: boolean;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = code;
    this.code = code;
    this.where = details.where;
    this.fix = details.fix;
    this.data = details.data;
    this.permanent = details.permanent ?? true;
  }
}

/**
 * `What. (at where) What now: …`: one line for a log, a failure message or a terminal. Nothing is said twice: a message
 * that has come over a border has its place and what to do in it.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message } = error;
  const { where, fix } = error as Partial<SluiceError>;
  const place = where && !saysWhere(message, where) ? ` (at ${where})` : '';
  return `${message}${place}${fix && !message.includes(fix) ? ` What now: ${fix}` : ''}`;
}

/** Does a message say already where it happened, at its beginning or behind? */
export function saysWhere(message: string, where: string): boolean {
  return message.startsWith(`${where}: `) || message.includes(`(at ${where})`);
}

/** The code of any error: a {@link SluiceError}'s own, Node's `ENOENT`-like code, or its class name. */
export function errorCode(error: unknown): string {
  if (error instanceof Error) {
    const code = (error as { code?: unknown }).code;
    return typeof code === 'string' ? code : error.name;
  }
  return 'Unknown';
}

/**
 * The stable codes. A code is also the `type` of the Temporal `ApplicationFailure` that carries it, so it is what a
 * retry policy, a test or an alert matches on. `docs/errors.md` is made of these comments.
 */
export const ErrorCode = {
  /**
   * Parameters do not match the pipeline's schema; `data` lists every problem by path. What now: Correct them and
   * start the run again; nothing has been started.
   */
  InvalidParams: 'InvalidParams',
  /**
   * A step was declared with options that cannot work: a number out of range, an option that does not exist, a
   * forgotten `await`, an endpoint or resource class that the config does not have. What now: Correct the step that
   * `where` names; `sluice run` and `recordPlan` find most of these without running anything.
   */
  InvalidStep: 'InvalidStep',
  /**
   * Two steps of one name in one scope, or two keys of a `map` that are the same. What now: Give each its own name
   * or key: they identify work over retries.
   */
  DuplicateStep: 'DuplicateStep',
  /**
   * A plan came to no end: the pipeline loops until a result is good, or waits for something that is no step. What
   * now: Nothing for a run, which has real results; for a plan, bound the loop by a number and await steps only.
   */
  NotPlannable: 'NotPlannable',
  /**
   * A step was called outside of a run. What now: Call steps inside the `run` of a pipeline, and start that by
   * `sluice run` or a Temporal client.
   */
  NoRuntime: 'NoRuntime',
  /**
   * `sluice.config.ts`, or a file it names, is wrong. What now: Correct what the message lists; nothing has been
   * started.
   */
  InvalidConfig: 'InvalidConfig',
  /**
   * One or more keys of a `map` failed, more than `tolerate` allows; `data` lists each with its own code. What now:
   * Mend what the keys say and run `sluice retry RUN --from STEP`, or set `tolerate`.
   */
  MapFailed: 'MapFailed',
  /**
   * An input file or artifact is not there. What now: Look at the path in `where`; paths are relative to the folder
   * of `sluice.config.ts`.
   */
  NotFound: 'NotFound',
  /** DuckDB refused the SQL of an extract. What now: Correct the SQL; the message holds DuckDB's own words. */
  InvalidSql: 'InvalidSql',
  /**
   * An artifact's bytes are not the ones its digest names. What now: Find out what changed the store; the step that
   * made the artifact can be run again by `sluice retry`.
   */
  Corrupt: 'Corrupt',
  /**
   * The disk or the quota is full. A job waits for room with growing pauses, and spends no budget but its `deadline`.
   * What now: Make room; the work goes on from its last checkpoint.
   */
  StorageFull: 'StorageFull',
  /**
   * The worker's machine failed the work: an error of its disk or network file system, or no memory, process or file
   * handle left to start a program. A job waits with growing pauses, and spends no budget but its `deadline`. What now:
   * Look at the machine that the record names; the work goes on from its last checkpoint.
   */
  MachineFailed: 'MachineFailed',
  /**
   * The trainer was told to stop and will be resumed. Never an error of the user's. What now: Nothing, unless the
   * budget `preempt.max` is spent: raise it, or set `onDemandAfter` lower.
   */
  Preempted: 'Preempted',
  /**
   * No heartbeat: the worker, its machine or its network is gone. Counts as a preemption; on a class that is not
   * interruptible each try waits longer, and the sixth loss in a row without a training step between ends the job. What
   * now: Nothing, unless it happens without preemptions: then look at the worker's log.
   */
  WorkerLost: 'WorkerLost',
  /**
   * The trainer was killed for memory. Never retried unchanged. What now: Use a larger resource class, or a smaller
   * batch.
   */
  OutOfMemory: 'OutOfMemory',
  /**
   * The trainer exited with an error of its own; `data` holds the exit code and the last lines it wrote. What now:
   * Read the lines, mend the trainer, and run `sluice retry RUN --from STEP`; where it has left a checkpoint, see
   * `ResumeMismatch`.
   */
  TrainerFailed: 'TrainerFailed',
  /**
   * The trainer showed no sign of life (no event, no output) for `stall`. What now: Find out where it hangs, or let
   * it report progress more often, or raise `stall`.
   */
  TrainerStalled: 'TrainerStalled',
  /**
   * The trainer wrote something to its event file that is not an event, or announced a checkpoint that cannot count.
   * What now: Compare it with the trainer protocol; the message holds the line, or the rule.
   */
  ProtocolError: 'ProtocolError',
  /**
   * The trainer ended well but left no model. What now: Write the model to the output directory and report it, as
   * the trainer protocol says.
   */
  NoModel: 'NoModel',
  /**
   * The checkpoint on hand belongs to other code, data or hyper-parameters; the message names the difference. What
   * now: Put it back, or set `resume: 'anyway'` to go on with it, or `resume: 'never'` to start over.
   */
  ResumeMismatch: 'ResumeMismatch',
  /**
   * No checkpoint could be read although some were committed. What now: Look at the store; `resume: 'never'` starts
   * over on purpose.
   */
  CheckpointsUnreadable: 'CheckpointsUnreadable',
  /** A newer attempt has claimed the work: this one must stop. What now: Nothing; the newer attempt goes on. */
  Fenced: 'Fenced',
  /**
   * A budget of time or attempts is spent. What now: Raise the budget that the message names, then run `sluice retry
   * RUN --from STEP`.
   */
  BudgetSpent: 'BudgetSpent',
  /** A model server never answered `/ping`. What now: Read its log; it is started by the endpoint's `serve` command. */
  ServerNotReady: 'ServerNotReady',
  /**
   * A program to run is not installed, such as Python or a trainer's interpreter. What now: Install it where the
   * resource class's workers run, or correct the command.
   */
  CommandNotFound: 'CommandNotFound',
  /**
   * A server does not answer. Retried with growing waits; a job spends no budget for it but its `deadline`. What now:
   * Start it, or correct its address in `sluice.config.ts`; the work goes on when it answers.
   */
  Unreachable: 'Unreachable',
  /**
   * A server answered with an error that retrying does not mend. What now: Read its answer in the message; often it
   * is a permission or a limit.
   */
  Refused: 'Refused',
  /**
   * A port that was asked for is in use. What now: End what listens there, or ask for port 0, which takes a free
   * one.
   */
  PortInUse: 'PortInUse',
  /**
   * A decision that does not count; `data.reason` says why. What now: Decide again with what was missing, while the
   * gate is open.
   */
  DecisionRefused: 'DecisionRefused',
  /**
   * The endpoint has a rollout under way and `onBusy` is `reject`. What now: Wait for it and retry from this step,
   * or set `onBusy` to `queue` or `supersede`.
   */
  EndpointBusy: 'EndpointBusy',
  /**
   * A deploy ended without its candidate on the endpoint: it was rejected, expired, rolled back, superseded or
   * withdrawn; `data` is the outcome. What now: Nothing, if that was meant. Code that goes on all the same asks for the
   * outcome by `settle: true`.
   */
  NotDeployed: 'NotDeployed',
  /**
   * A value is more than a run passes on, or a run has more steps than one history holds; the message names the step and
   * the size. What now: Write what is large to a file of a step and pass on the artifact; make one flat map of many
   * steps, which runs in children with a history each.
   */
  TooLarge: 'TooLarge',
  /** A bug of Sluice's, or an error it has no name for. What now: Report it with the message and the run's history. */
  Internal: 'Internal',
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** Is it the code of a step that was declared in a way that cannot work, whatever its inputs turn out to be? */
export function isMisdeclared(code: string): boolean {
  return code === ErrorCode.InvalidStep || code === ErrorCode.DuplicateStep;
}

/** Is it nobody's failure: a store, a server, a disk, a machine that has to be mended before trying again helps? */
export function isInfrastructure(code: string): boolean {
  return code === ErrorCode.Unreachable || code === ErrorCode.StorageFull || code === ErrorCode.MachineFailed;
}

/**
 * A step names a resource class or an endpoint that the config does not have.
 *
 * @param known names that it has
 * @param hint a sentence that may name the one that was meant
 */
export function notInConfig(
  step: string,
  what: 'resource class' | 'endpoint',
  name: string,
  known: readonly string[],
  hint = '',
): SluiceError {
  const option = what === 'endpoint' ? 'endpoints' : 'classes';
  return new SluiceError(ErrorCode.InvalidStep, `${step}: there is no ${what} "${name}".${hint}`, {
    where: step,
    fix: `Use one of ${known.join(', ') || '(none yet)'}, or add it to ${option} in sluice.config.ts.`,
  });
}
