import { ErrorCode, errorCode, SluiceError } from '@sluice/sdk';

const full = new Set(['ENOSPC', 'EDQUOT']);
const denied = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Gives a file system's error its stable code; anything else goes through as it is. */
export function storageError(cause: unknown, where: string): unknown {
  if (cause instanceof SluiceError) return cause;
  const code = errorCode(cause);
  if (full.has(code)) {
    return new SluiceError(ErrorCode.StorageFull, 'The disk or its quota is full.', {
      where,
      fix: 'Free some space there; nothing half-written was left behind.',
      cause,
      permanent: false,
    });
  }
  if (denied.has(code)) {
    return new SluiceError(ErrorCode.Refused, `The file system refuses access (${code}).`, {
      where,
      fix: 'Give the user of this worker the right to read and write there.',
      cause,
    });
  }
  return cause;
}

/** Runs work on files and gives what it throws a stable code. */
export async function onDisk<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, where);
  }
}

/** Is it the error of a file that is not there? */
export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Reads a local file that is about to be stored; gives its absence a name. */
export async function localSource<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (isMissing(cause)) {
      throw new SluiceError(ErrorCode.NotFound, 'The file to store is not there.', {
        where: path,
        fix: 'Check that the step wrote it, and that nothing removes it while it is being stored.',
        cause,
      });
    }
    if (errorCode(cause) === 'EISDIR') {
      throw new SluiceError(ErrorCode.InvalidStep, 'This is a directory where a file was expected.', {
        where: path,
        cause,
      });
    }
    throw cause;
  }
}
