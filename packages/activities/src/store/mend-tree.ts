import { link, mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type OnWrite, syncDirectory } from './durable-file.ts';
import { isMissing } from './storage-error.ts';

/**
 * Puts every file of a whole tree over its counterpart in a stored tree of the same digest, each in one step: where
 * the stored one is whole nothing changes for anybody who reads it, and where it is damaged it is whole afterwards.
 *
 * @param spare a free path beside the drafts
 * @returns false when the stored tree was moved away meanwhile
 */
export async function mendTree(draft: string, place: string, spare: string, onWrite: OnWrite): Promise<boolean> {
  const put = async (name: string): Promise<void> => {
    await onWrite(`mend ${join(place, name)}`);
    try {
      await link(join(draft, name), spare); // the draft stays whole, should the tree be moved away
      await rename(spare, join(place, name));
    } finally {
      await rm(spare, { force: true }); // a rename onto the same file does nothing at all
    }
  };
  try {
    await mkdir(join(place, 'files')).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    for (const name of await readdir(join(draft, 'files'))) await put(join('files', name));
    await put('manifest.json');
    await utimes(place, new Date(), new Date()); // it counts as new
    await syncDirectory(join(place, 'files'));
    await syncDirectory(place);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
