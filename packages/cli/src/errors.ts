import { ErrorCode, SluiceError } from '@sluice/sdk';

/** Codes of errors that only the command can cause; they stand beside `ErrorCode`. */
export const CliErrorCode = {
  /** The command line makes no sense. */
  Usage: 'Usage',
  /** `sluice dev` runs in this project already. */
  AlreadyRunning: 'AlreadyRunning',
  /** No run goes by that name, or more than one does. */
  RunNotFound: 'RunNotFound',
  /** A run of that key is there already. */
  RunExists: 'RunExists',
  /** A part of the dev stack did not come up. */
  StackFailed: 'StackFailed',
  /** Workflow code of today does not come the way that a run's history keeps. */
  CodeMismatch: 'CodeMismatch',
  /** The system refuses a file or a folder. */
  FileFailed: 'FileFailed',
  /** The Temporal server has no namespace of that name. */
  NamespaceNotFound: 'NamespaceNotFound',
  /** The workers fail what they are to do for a run, again and again. */
  WorkersFail: 'WorkersFail',
  /** A pipeline calls what only a run has, in `sluice step`. */
  OnlyInRun: 'OnlyInRun',
  /** The wait was broken off; the run goes on. */
  Interrupted: 'Interrupted',
  /** This Node is too old for the command. */
  UnsupportedNode: 'UnsupportedNode',
} as const;

/** A command line that makes no sense. */
export class UsageError extends SluiceError {
  constructor(message: string, fix?: string, data?: unknown) {
    super(CliErrorCode.Usage, message, { ...(fix === undefined ? {} : { fix }), data });
  }
}

/** `sluice.config.ts`, or a pipeline file it names, is wrong; `problems` lists everything that is. */
export class InvalidConfigError extends SluiceError {
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[], fix?: string, cause?: unknown) {
    const [first = 'it is not valid'] = problems;
    const message = problems.length === 1 ? first : `${problems.length} problems: ${problems.join('; ')}`;
    super(ErrorCode.InvalidConfig, message, {
      where: file,
      fix: fix ?? 'Correct the file and run the command again; nothing has been started.',
      data: problems,
      cause,
    });
    this.problems = problems;
  }
}

/** A port that was asked for is taken. */
export class PortInUseError extends SluiceError {
  constructor(port: number, what: string, flag: string) {
    super(ErrorCode.PortInUse, `Port ${port}, asked for ${what}, is in use.`, {
      where: `127.0.0.1:${port}`,
      fix: `End what listens there, or give another port by ${flag} (0 takes a free one).`,
      data: { port, flag },
    });
  }
}

/** Temporal, MLflow or the gateway does not answer. */
export class UnreachableError extends SluiceError {
  constructor(what: string, address: string, fix: string, cause?: unknown) {
    super(ErrorCode.Unreachable, `${what} does not answer.`, { where: address, fix, cause, permanent: false });
  }
}

/** A second `sluice dev` in one project. */
export class AlreadyRunningError extends SluiceError {
  /** @param pid null where it is not known: it may run in another container */
  constructor(root: string, pid: number | null, uiUrl: string | null) {
    super(
      CliErrorCode.AlreadyRunning,
      `sluice dev runs in this project already, ${pid === null ? 'in another container' : `as process ${pid}`}.`,
      {
        where: root,
        fix: `Use it${uiUrl === null ? '' : ` (${uiUrl})`}, or end it first${pid === null ? '.' : `: kill ${pid}`}`,
        data: { pid },
      },
    );
  }
}

/** No run by that name, or more than one. */
export class RunNotFoundError extends SluiceError {
  constructor(message: string, fix: string, candidates: readonly string[] = []) {
    super(CliErrorCode.RunNotFound, message, { fix, data: candidates });
  }
}

/** A run of that key is under way, or has ended in a way that is not to be done again. */
export class RunExistsError extends SluiceError {
  /** @param state how it stands, or how it ended */
  constructor(workflowId: string, state: string, open: boolean) {
    super(
      CliErrorCode.RunExists,
      open ? `The run ${workflowId} is under way already.` : `There is a run ${workflowId} already: it ended ${state}.`,
      {
        fix: open
          ? `Follow it: sluice status ${workflowId} --follow. Or choose another --key.`
          : `See what it did: sluice status ${workflowId}. To run again, choose another --key, or leave it out.`,
        data: { run: workflowId, state, open },
      },
    );
  }
}

/** Workflow code of today that a reset could not go on with: a worker would stop at the first difference. */
export class CodeMismatchError extends SluiceError {
  /**
   * @param misfit ids where history and code part, `two#1`
   * @param fits the last step from which the code of today could go on; null where there is none
   */
  constructor(
    workflowId: string,
    from: string,
    misfit: { readonly history: string | null; readonly code: string | null; readonly message: string },
    fits: string | null,
  ) {
    const { history, code, message } = misfit;
    const difference =
      history === null
        ? message
        : `the history has ${history} where the code ${code === null ? 'does something else' : `asks for ${code}`}`;
    super(
      CliErrorCode.CodeMismatch,
      `The code of today does not come the way that the run keeps before ${from}: ${difference}.`,
      {
        where: `run ${workflowId}`,
        fix: `${fits === null ? 'Start the run anew' : `Retry from ${fits}`}, check out the code that it was started from, or guard the change by patched(…). Nothing was reset.`,
        data: { ...misfit, fits },
      },
    );
  }
}

/** A part of the dev stack did not come up. */
export class StackFailedError extends SluiceError {
  constructor(part: string, message: string, where: string, fix: string, cause?: unknown) {
    super(CliErrorCode.StackFailed, `${part} did not start: ${message}`, { where, fix, cause });
  }
}

/** Ctrl-C, or a signal like it. */
export class InterruptedError extends SluiceError {
  constructor(message: string) {
    super(CliErrorCode.Interrupted, message);
  }
}
