import { spawnSync } from 'node:child_process';
import { closeSync, constants, ftruncateSync, openSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { ErrorCode, SluiceError } from '@sluice/sdk';

export interface FileLock {
  /** Gives the lock up. Whoever has it when its process ends, however it ends, gives it up too. */
  release(): void;
}

/**
 * Locks a file (`flock(2)`) for as long as this process lives. The kernel keeps the lock with the file itself: it holds
 * across network and process namespaces, and nothing is left of it after SIGKILL or a power cut. The file stays; it
 * names its last holder, for people.
 *
 * @returns null while another process, or another place of this one, has it
 * @throws {SluiceError} CommandNotFound where the program `flock` is missing
 */
export function lockFile(path: string): FileLock | null {
  const file = openLocked(path);
  if (file === null) return null;
  try {
    ftruncateSync(file);
    writeSync(file, `${process.pid} ${pidNamespace()}`, 0);
  } catch {
    // A full disk keeps nobody from holding the lock.
  }
  return { release: () => closeSync(file) };
}

/** Process id of who locked the file last; null when it did not say, or counts processes apart from us (a container). */
export function lockHolder(path: string): number | null {
  try {
    const [pid, namespace] = readFileSync(path, 'utf8').split(' ');
    return namespace === pidNamespace() ? Number(pid) : null;
  } catch {
    return null;
  }
}

function pidNamespace(): string {
  return process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : '';
}

const OPEN = constants.O_RDWR | constants.O_CREAT;
/** What the systems of the BSD family take with `open`; Node has no name for it. */
const O_EXLOCK = 0x20;

function openLocked(path: string): number | null {
  if (process.platform !== 'linux') return openExclusively(path);
  const file = openSync(path, OPEN, 0o600);
  // Node cannot lock, but a lock belongs to the open file: the helper takes it by our descriptor and ends.
  const { status, error, stderr } = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', file],
    encoding: 'utf8',
    // A system's own program is where the system has it, whatever the PATH of this shell.
    env: { PATH: [process.env.PATH, '/usr/bin', '/bin'].filter(Boolean).join(':') },
  });
  if (status === 0) return file;
  closeSync(file);
  if (status === 1 && stderr === '') return null;
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    throw new SluiceError(ErrorCode.CommandNotFound, 'The program flock is not installed.', {
      where: path,
      fix: 'Install it: it is in the package util-linux, and in BusyBox.',
    });
  }
  throw new Error(`${path} cannot be locked: ${stderr.trim() || (error?.message ?? `flock ended with ${status}`)}`);
}

function openExclusively(path: string): number | null {
  try {
    return openSync(path, OPEN | O_EXLOCK | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null;
    throw error;
  }
}
