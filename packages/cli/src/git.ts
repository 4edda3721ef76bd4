import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Checkout {
  /** Commit of HEAD; null where it is not a git checkout or has no commit yet. */
  readonly commit: string | null;
  /** Are there changes that are not committed? Null where it is not a git checkout. */
  readonly dirty: boolean | null;
}

/** What git says of the folder. */
export async function checkoutOf(root: string): Promise<Checkout> {
  const commit = await git(root, 'rev-parse', 'HEAD');
  const status = await git(root, 'status', '--porcelain', '--', '.');
  return { commit, dirty: status === null ? null : status !== '' };
}

/** Who is at the keyboard: git's email or name, else the system's user. */
export async function whoAmI(root: string): Promise<string> {
  const email = await git(root, 'config', 'user.email');
  const name = email ?? (await git(root, 'config', 'user.name'));
  if (name) return name;
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? 'unknown';
  }
}

async function git(root: string, ...args: string[]): Promise<string | null> {
  try {
    const { stdout } = await run('git', args, { cwd: root });
    return stdout.trim();
  } catch {
    return null;
  }
}
