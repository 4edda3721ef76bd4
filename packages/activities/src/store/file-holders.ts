import { mkdir, open, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '@sluice/sdk';
import type { OnWrite } from './durable-file.ts';
import { entryName } from './entry-name.ts';
import { newestChange } from './file-scratch.ts';
import { isMissing } from './storage-error.ts';

/** Who needs an artifact: a folder per artifact, with a file per holder that says what it was put as. */
export interface FileHolders {
  add(artifact: string, holder: string, kind: string): Promise<void>;
  remove(artifact: string, holder: string): Promise<void>;
  /** Forgets those that are there; one that is added meanwhile may stay. */
  clear(artifact: string): Promise<void>;
  any(artifact: string): Promise<boolean>;
  has(artifact: string, holder: string): Promise<boolean>;
  /** What a holder put it as; null where none says so. */
  kind(artifact: string): Promise<string | null>;
  /** Epoch ms at which the newest holder came; null when there is none. */
  changedAt(artifact: string): Promise<number | null>;
  /** Artifacts that have a folder. */
  list(): Promise<readonly string[]>;
}

export function fileHolders(root: string, onWrite: OnWrite): FileHolders {
  const namesOf = (artifact: string): Promise<string[]> => readdir(join(root, artifact)).catch(none);
  return {
    async add(artifact, holder, kind) {
      for (;;) {
        await onWrite(`hold ${artifact}`);
        try {
          await mkdir(join(root, artifact), { recursive: true });
          await using file = await open(join(root, artifact, entryName(holder)), 'w');
          await file.writeFile(kind);
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
      await rmdir(join(root, artifact)).catch(unlessHeld);
    },
    async clear(artifact) {
      await onWrite(`forget the holders of ${artifact}`);
      await rm(join(root, artifact), { recursive: true, force: true }).catch(unlessHeld);
    },
    any: async (artifact) => (await namesOf(artifact)).length > 0,
    has: async (artifact, holder) => (await stat(join(root, artifact, entryName(holder))).catch(() => null)) !== null,
    async kind(artifact) {
      for (const name of await namesOf(artifact)) {
        const kind = await readFile(join(root, artifact, name), 'utf8').catch(() => '');
        if (kind !== '') return kind;
      }
      return null;
    },
    changedAt: (artifact) => newestChange(join(root, artifact)),
    list: () => readdir(root).catch(none),
  };
}

/** Nothing where somebody else has removed the folder, or has just come into it. */
function unlessHeld(error: unknown): void {
  if (!isMissing(error) && errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
}

function none(error: unknown): string[] {
  if (isMissing(error)) return [];
  throw error;
}
