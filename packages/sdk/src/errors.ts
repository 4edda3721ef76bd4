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

/** `What. (at where) What now: …`: one line for a log, a failure message or a terminal. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { where, fix } = error as Partial<SluiceError>;
  return `${error.message}${where ? ` (at ${where})` : ''}${fix ? ` What now: ${fix}` : ''}`;
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
 * retry policy, a test or an alert matches on.
 */
export const ErrorCode = {
  /** Parameters do not match the pipeline's schema; `data` lists every problem by path. */
  InvalidParams: 'InvalidParams',
  /** A step was declared with options that cannot work. */
  InvalidStep: 'InvalidStep',
  /** Two steps of one name in one scope. */
  DuplicateStep: 'DuplicateStep',
  /** Sluice was called outside of a run: no runtime is installed. */
  NoRuntime: 'NoRuntime',
  /** `sluice.config.ts` is wrong. */
  InvalidConfig: 'InvalidConfig',
  /** One or more keys of a `map` failed; `data` lists each. */
  MapFailed: 'MapFailed',
  /** An input file or artifact is not there. */
  NotFound: 'NotFound',
  /** DuckDB refused the SQL. */
  InvalidSql: 'InvalidSql',
  /** An artifact's bytes are not the ones its digest names. */
  Corrupt: 'Corrupt',
  /** The disk or the quota is full. */
  StorageFull: 'StorageFull',
  /** The trainer was told to stop and will be resumed: never an error of the user's. */
  Preempted: 'Preempted',
  /** No heartbeat: the worker, its machine or its network is gone. */
  WorkerLost: 'WorkerLost',
  /** The trainer was killed for memory; never retried unchanged. */
  OutOfMemory: 'OutOfMemory',
  /** The trainer exited with an error of its own; `data` holds exit code and last lines. */
  TrainerFailed: 'TrainerFailed',
  /** The trainer showed no sign of life for `stall`. */
  TrainerStalled: 'TrainerStalled',
  /** The trainer wrote something to its event file that is not an event. */
  ProtocolError: 'ProtocolError',
  /** The trainer ended well but left no model. */
  NoModel: 'NoModel',
  /** The checkpoint on hand belongs to other code, data or hyper-parameters. */
  ResumeMismatch: 'ResumeMismatch',
  /** No checkpoint could be read although some were committed. */
  CheckpointsUnreadable: 'CheckpointsUnreadable',
  /** A newer attempt has claimed the work: this one must stop. */
  Fenced: 'Fenced',
  /** A budget of time or attempts is spent. */
  BudgetSpent: 'BudgetSpent',
  /** A model server never answered `/ping`. */
  ServerNotReady: 'ServerNotReady',
  /** A program to run is not installed (Python, a trainer's interpreter). */
  CommandNotFound: 'CommandNotFound',
  /** A server does not answer. */
  Unreachable: 'Unreachable',
  /** A server answered with an error that retrying does not mend. */
  Refused: 'Refused',
  /** A port is in use. */
  PortInUse: 'PortInUse',
  /** A decision that does not count; `data.reason` says why. */
  DecisionRefused: 'DecisionRefused',
  /** The endpoint has a rollout under way and `onBusy` is `reject`. */
  EndpointBusy: 'EndpointBusy',
  /** A bug of Sluice's or an error it has no name for. */
  Internal: 'Internal',
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];
