import { ErrorCode, SluiceError } from '@sluice/sdk';
import { onDisk } from './storage-error.ts';

/** Runs work on a blob service and on local files and gives what it throws a stable code. */
export async function onAzure<T>(where: string, work: () => Promise<T>): Promise<T> {
  return await onDisk(where, async () => {
    try {
      return await work();
    } catch (error) {
      throw azureError(error, where);
    }
  });
}

/** The condition of a request did not hold, or the blob is there already. */
export function isConflict(error: unknown): boolean {
  const status = statusOf(error);
  return status === 409 || status === 412;
}

export function isGone(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** Another writer of the blob has committed meanwhile, which drops every block that its list does not name. */
export function isBadBlockList(error: unknown): boolean {
  return codeOf(error) === 'InvalidBlockList' || codeOf(error) === 'InvalidBlobOrBlock';
}

/** The bytes that arrived are not those whose MD5 was sent along. */
export function isOtherMd5(error: unknown): boolean {
  return codeOf(error) === 'Md5Mismatch';
}

/** The service's own name of an error: a header, or the element of the body. */
function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return null;
  return typeof error.statusCode === 'number' ? error.statusCode : null;
}

function azureError(cause: unknown, where: string): unknown {
  if (cause instanceof SluiceError || !(cause instanceof Error)) return cause;
  const status = statusOf(cause);
  const message = cause.message.split('\n', 1)[0];
  if (
    cause.name === 'CredentialUnavailableError' ||
    cause.name === 'AuthenticationError' ||
    cause.name.startsWith('AggregateAuth')
  ) {
    return new SluiceError(ErrorCode.Refused, `Signing in to Azure failed: ${message}`, {
      where,
      fix: 'Sign in by `az login`, or give the worker a managed or workload identity with the role Storage Blob Data Contributor.',
      cause,
    });
  }
  if (status === 401 || status === 403) {
    return new SluiceError(ErrorCode.Refused, `Azure Blob Storage refuses access (${status}): ${message}`, {
      where,
      fix: 'Give the identity of this worker the role Storage Blob Data Contributor on the container.',
      cause,
    });
  }
  if (status !== null && status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return new SluiceError(ErrorCode.Refused, `Azure Blob Storage refused a request (${status}): ${message}`, {
      where,
      cause,
    });
  }
  if (status !== null || cause.name === 'RestError' || cause.name === 'AbortError') {
    return new SluiceError(ErrorCode.Unreachable, `Azure Blob Storage does not answer: ${message}`, {
      where,
      fix: 'Check the url and the network; the request is safe to send again.',
      cause,
      permanent: false,
    });
  }
  return cause;
}
