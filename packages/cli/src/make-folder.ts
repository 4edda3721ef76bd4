import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it. Node's own `recursive` spins for ever where a file system answers "no such file" to
 * every new folder, as `/proc` does.
 *
 * @returns the topmost folder that was made; null where all were there
 * @throws the system's error, with the folder that could not be made
 */
export function makeFolder(path: string): string | null {
  const folder = resolve(path);
  const missing: string[] = [];
  for (let one = folder; !isFolder(one); one = dirname(one)) {
    missing.unshift(one);
    if (dirname(one) === one) break;
  }
  for (const one of missing) {
    try {
      mkdirSync(one);
    } catch (error) {
      // Somebody else may have made it since.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isFolder(one)) throw error;
    }
  }
  return missing[0] ?? null;
}

function isFolder(path: string): boolean {
  return statusOf(path)?.isDirectory() === true;
}

/** Undefined for what cannot be looked at too: to make it says why. */
function statusOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** The file that stands where `path` needs a folder; null where none does. */
export function fileInTheWay(path: string): string | null {
  for (let one = resolve(path); ; one = dirname(one)) {
    const found = statusOf(one);
    if (found !== undefined && !found.isDirectory()) return one;
    if (dirname(one) === one) return null;
  }
}
