import { ErrorCode, SluiceError } from '@sluice/sdk';
import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import { ApplicationFailure, NamespaceNotFoundError } from '@temporalio/common';
import { CliErrorCode } from '../errors.ts';
import { NoWorker } from '../follow/look.ts';
import { fileFailed } from './file-failed.ts';

/** gRPC's numbers. */
const Status = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/**
 * What the system and the Temporal server say, as an error with a code and with what to do. Whatever nobody has a name
 * for stays what it is.
 */
export function explained(error: unknown): unknown {
  if (error instanceof SluiceError) return error;
  return fileFailed(error) ?? ours(error) ?? workersSaid(error) ?? serverSaid(error) ?? error;
}

/** A run that no worker takes further, for want of workers or because all of them fail it. */
function workersSaid(error: unknown): SluiceError | null {
  const words = [error, (error as Error | null)?.cause].map((one) => (one instanceof Error ? one.message : ''));
  const failure = error instanceof NoWorker ? error.failure : words.find((one) => noPipeline.test(one));
  if (failure) {
    const [, pipeline] = noPipeline.exec(failure) ?? [];
    const unknown = `The workers do not know the pipeline "${pipeline}", so nothing of the run goes on.`;
    return new SluiceError(
      CliErrorCode.WorkersFail,
      pipeline === undefined ? `The workers cannot go on with this run: ${failure.split('\n')[0]}` : unknown,
      {
        fix:
          pipeline === undefined
            ? 'Mend the code, and start the workers again: the run goes on by itself.'
            : 'Start the workers again from a checkout that has it (sluice dev, or sluice worker --control): the run goes on by itself.',
        cause: error,
      },
    );
  }
  if (!(error instanceof NoWorker)) return null;
  return new SluiceError(ErrorCode.Unreachable, 'No worker answers for this run.', {
    fix: 'Start the workers: sluice dev, or sluice worker --control.',
    permanent: false,
    cause: error,
  });
}

const noPipeline = /This worker has no pipeline "([^"]+)"/;

/** An error of ours that Temporal's client has wrapped: what goes into a payload is looked at on its way. */
function ours(error: unknown): SluiceError | null {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1) {
    if (one instanceof SluiceError) return one;
    const code = one instanceof ApplicationFailure ? one.type : null;
    if (code === null || code === undefined || !Object.hasOwn(ErrorCode, code)) continue;
    const [what = '', fix] = one.message.split(' What now: ');
    return new SluiceError(code, what, { fix: fix ?? 'Correct it, and run the command again.', cause: error });
  }
  return null;
}

function serverSaid(error: unknown): SluiceError | null {
  const namespace = missingNamespace(error);
  if (namespace !== null) return noNamespace(namespace, error);
  const cause = error instanceof ServiceError ? error.cause : error;
  if (!(cause instanceof Error) || !isGrpcServiceError(cause)) return null;
  const said = cause.details || cause.message;
  switch (cause.code) {
    case Status.unavailable:
    case Status.deadlineExceeded:
    case Status.cancelled:
      return new SluiceError(ErrorCode.Unreachable, `The Temporal server does not answer: ${said}.`, {
        fix: 'Start a local stack by: sluice dev. Or check --address and temporal.address in sluice.config.ts.',
        permanent: false,
        cause,
      });
    case Status.permissionDenied:
    case Status.unauthenticated:
      return refused(said, 'Give this user the right to it, or use the credentials of one who has it.', cause);
    case Status.resourceExhausted:
      return refused(said, 'Try again in a moment; if it stays so, raise the limit of the server.', cause);
    case Status.unimplemented:
      return refused(said, 'Use a newer Temporal server.', cause);
    case Status.invalidArgument:
      if (/size exceeds|too large|exceeds? (?:the )?limit/i.test(said)) return tooLarge(said, cause);
      return refused(said, 'Look at what the server says, and correct the command line.', cause);
    default:
      return null;
  }
}

function tooLarge(said: string, cause: unknown): SluiceError {
  return new SluiceError(ErrorCode.TooLarge, `The Temporal server does not take so much at once: ${said}.`, {
    fix: 'Write what is large to a file, and pass on its path.',
    cause,
  });
}

function refused(said: string, fix: string, cause: unknown): SluiceError {
  return new SluiceError(ErrorCode.Refused, `The Temporal server refuses: ${said}.`, { fix, cause });
}

/** Name of the namespace that the server says it does not have; null for any other error. */
function missingNamespace(error: unknown): string | null {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1) {
    if (one instanceof NamespaceNotFoundError) return one.namespace;
    const [, name] = /[Nn]amespace:? '?"?([^\s'"]+?)'?"? (?:is |was )?not found/.exec(one.message) ?? [];
    if (name !== undefined) return name;
  }
  return null;
}

function noNamespace(name: string, cause: unknown): SluiceError {
  return new SluiceError(CliErrorCode.NamespaceNotFound, `The Temporal server has no namespace "${name}".`, {
    where: `namespace ${name}`,
    fix: `Name one that it has by --namespace or temporal.namespace in sluice.config.ts, or make this one: temporal operator namespace create -n ${name}`,
    cause,
  });
}
