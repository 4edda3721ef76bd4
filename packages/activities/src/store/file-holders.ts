import { mkdir, open, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '@sluice/sdk';
import type { OnWrite } from './durable-file.ts';
import { entryName } from './entry-name.ts';
import { isMissing } from './storage-error.ts';

/** Who needs an artifact: a folder per artifact, with an empty file per holder. */
export interface FileHolders {
  add(artifact: string, holder: string): Promise<void>;
  remove(artifact: string, holder: string): Promise<void>;
  any(artifact: string): Promise<boolean>;
}

export function fileHolders(root: string, onWrite: OnWrite): FileHolders {
  return {
    async add(artifact, holder) {
      for (;;) {
        await onWrite(`hold ${artifact}`);
        await mkdir(join(root, artifact), { recursive: true });
        try {
          await using file = await open(join(root, artifact, entryName(holder)), 'a');
          await file.sync();
          return;
        } catch (error) {
          if (!isMissing(error)) throw error; // else the folder was removed in between: make it again
        }
      }
    },
    async remove(artifact, holder) {
      await onWrite(`let go of ${artifact}`);
      await rm(join(root, artifact, entryName(holder)), { force: true });
      await rmdir(join(root, artifact)).catch((error) => {
        if (!isMissing(error) && errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
      });
    },
    async any(artifact) {
      try {
        return (await readdir(join(root, artifact))).length > 0;
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    },
  };
}
