import { ErrorCode, SluiceError } from '@sluice/sdk';
import { CliErrorCode } from '../errors.ts';

/** Why, in words. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is a file',
  EISDIR: 'it is a folder',
  EEXIST: 'something is there already',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
  ENOTEMPTY: 'it is not empty',
  EBUSY: 'it is in use',
  EXDEV: 'it lies on another file system',
};

/** What could not be done, by the call that failed. */
const deeds: Readonly<Record<string, string>> = {
  mkdir: 'made',
  open: 'opened',
  read: 'read',
  write: 'written',
  scandir: 'listed',
  opendir: 'listed',
  unlink: 'removed',
  rm: 'removed',
  rmdir: 'removed',
  rename: 'renamed',
  stat: 'looked at',
  lstat: 'looked at',
};

/**
 * A file or folder that the system refuses, as an error that says which and why; null for any other error.
 *
 * @param fix what to do now @default to look at the path and its rights
 * @param deed what was tried @default by the system's call
 */
export function fileFailed(error: unknown, fix?: string, deed?: string): SluiceError | null {
  const { code = '', path, syscall = '' } = (error ?? {}) as NodeJS.ErrnoException;
  if (!(error instanceof Error) || typeof path !== 'string') return null;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SluiceError(ErrorCode.StorageFull, `${path} cannot be written: the disk or the quota is full.`, {
      where: path,
      fix: 'Make room, and run the command again.',
      cause: error,
    });
  }
  const known = reasons[code];
  if (known === undefined) return null;
  // The folder above is there, or it would have been the one that failed.
  const reason = syscall === 'mkdir' && code === 'ENOENT' ? 'its file system takes no folders' : known;
  const what = deed ?? deeds[syscall] ?? 'used';
  return new SluiceError(CliErrorCode.FileFailed, `${path} cannot be ${what}: ${reason}.`, {
    where: path,
    fix: fix ?? 'Look at the path and at the rights of this user, and run the command again.',
    cause: error,
  });
}
