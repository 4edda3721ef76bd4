import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '../store/durable-file.ts';
import { draftPath } from '../store/file-scratch.ts';
import { isMissing, onDisk } from '../store/storage-error.ts';

/** Where payloads lie: files by name, below `payloads/` of the project's artifact store. */
export interface PayloadFiles {
  /** Writes a file whole, over whatever the name held. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Null when there is no such file. */
  get(name: string): Promise<Uint8Array | null>;
  /** Where a person finds it: a path or a URL. */
  locate(name: string): string;
}

/** Payloads in a folder: written below `tmp/`, forced onto the disk, and renamed into place. */
export function payloadFolder(root: string): PayloadFiles {
  const scratch = join(root, 'tmp');
  const locate = (name: string) => join(root, 'payloads', name);
  return {
    put: (name, bytes) =>
      onDisk(root, async () => {
        const place = locate(name);
        const draft = draftPath(scratch);
        await Promise.all([mkdir(scratch, { recursive: true }), mkdir(dirname(place), { recursive: true })]);
        try {
          {
            await using file = await open(draft, 'wx', 0o444);
            await file.writeFile(bytes);
            await file.sync();
          }
          await rename(draft, place);
          await syncDirectory(dirname(place));
        } catch (error) {
          await rm(draft, { force: true });
          throw error;
        }
      }),
    get: (name) =>
      onDisk(root, () =>
        readFile(locate(name)).catch((error: unknown) => {
          if (isMissing(error)) return null;
          throw error;
        }),
      ),
    locate,
  };
}
