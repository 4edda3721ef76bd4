import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ErrorCode, SluiceError } from '@sluice/sdk';

/**
 * The regular files below a directory, relative, parts joined by `/`.
 *
 * @throws SluiceError `NotFound` when it is not a directory; `InvalidStep` for links, devices, sockets, directories
 * without files and names that are not UTF-8: none of them would come back as they were.
 */
export async function listTree(directory: string): Promise<string[]> {
  const found: string[] = [];
  await walk(directory, '', found);
  return found;
}

async function walk(directory: string, prefix: string, found: string[]): Promise<void> {
  const entries = await readdir(join(directory, prefix), { withFileTypes: true, encoding: 'buffer' }).catch((cause) => {
    throw new SluiceError(ErrorCode.NotFound, 'The directory to store cannot be read.', {
      where: join(directory, prefix),
      fix: 'Check that the step wrote its output to the directory it was given.',
      cause,
    });
  });
  if (entries.length === 0)
    throw refused(join(directory, prefix), 'is an empty directory', 'Write a file to it, or remove it.');
  for (const entry of entries) {
    const name = entry.name.toString('utf8');
    const path = prefix === '' ? name : `${prefix}/${name}`;
    if (!Buffer.from(name, 'utf8').equals(entry.name)) {
      throw refused(join(directory, path), 'has a name that is not UTF-8', 'Rename it.');
    }
    if (entry.isDirectory()) await walk(directory, path, found);
    else if (entry.isFile()) found.push(path);
    else
      throw refused(join(directory, path), 'is neither a file nor a directory', 'Copy what it links to, or remove it.');
  }
}

function refused(where: string, what: string, fix: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, `An artifact cannot hold this: it ${what}.`, { where, fix });
}
