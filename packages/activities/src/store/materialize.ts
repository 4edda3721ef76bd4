import { randomUUID } from 'node:crypto';
import { link, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Artifact, ErrorCode, errorCode, SluiceError } from '@sluice/sdk';
import { corrupt } from './artifact-uri.ts';
import type { Copied } from './durable-file.ts';
import { inParallel } from './in-parallel.ts';
import { isMissing, onDisk } from './storage-error.ts';
import type { TreeManifest } from './tree-manifest.ts';

/** Copies one stored file to a new local path and tells what it copied. */
export type CopyTo = (path: string) => Promise<Copied>;

/** Makes a blob a local file that appears whole; see `ArtifactStore.fetch`. */
export async function materializeBlob(
  artifact: Pick<Artifact, 'uri'>,
  hex: string,
  path: string,
  copyTo: CopyTo,
  signal?: AbortSignal,
): Promise<void> {
  await appearAt(path, async (draft) => {
    const { sha256 } = await unlessAborted(signal, () => copyTo(draft));
    if (sha256 !== hex) throw corrupt(artifact, path, `its bytes have the digest ${sha256}.`);
    await publishFile(draft, path);
  });
}

/** Makes a tree a local directory that appears whole; see `ArtifactStore.fetch`. */
export async function materializeTree(
  artifact: Pick<Artifact, 'uri'>,
  manifest: TreeManifest,
  path: string,
  copy: (sha256: string, to: string) => Promise<Copied>,
  signal?: AbortSignal,
): Promise<void> {
  await appearAt(path, async (draft) => {
    const folders = new Set(manifest.files.map((file) => dirname(join(draft, file.path))));
    await mkdir(draft);
    for (const folder of folders) await mkdir(folder, { recursive: true });
    await inParallel(manifest.files, 4, async (file) => {
      const copied = await unlessAborted(signal, () => copy(file.sha256, join(draft, file.path)));
      if (copied.sha256 !== file.sha256) throw corrupt(artifact, path, `${file.path} has the digest ${copied.sha256}.`);
    });
    await rename(draft, path).catch((cause) => {
      throw errorCode(cause) === 'ENOTEMPTY' || errorCode(cause) === 'EEXIST' ? taken(path) : cause;
    });
  });
}

/** `make` fills the draft beside `path` and moves it there; the draft is gone afterwards whatever happened. */
async function appearAt(path: string, make: (draft: string) => Promise<void>): Promise<void> {
  await onDisk(path, async () => {
    if (await exists(path)) throw taken(path);
    await mkdir(dirname(path), { recursive: true });
    const draft = join(dirname(path), `.sluice-fetch-${randomUUID()}`);
    try {
      await make(draft);
    } finally {
      // A copy that was given up may still begin a file while its folder is emptied.
      await rm(draft, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
    }
  });
}

/** The work's result; or, at once, the signal's reason, while what the work does goes on unheard. */
async function unlessAborted<Value>(signal: AbortSignal | undefined, work: () => Promise<Value>): Promise<Value> {
  if (signal === undefined) return work();
  signal.throwIfAborted();
  const listening = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { signal: listening.signal });
  });
  return Promise.race([work(), aborted]).finally(() => listening.abort());
}

/** A link fails where a rename would replace what somebody else put there meanwhile. */
async function publishFile(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw taken(path);
    await rename(draft, path);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function taken(path: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, 'There is something at the path to fetch to.', {
    where: path,
    fix: 'Fetch to a path that does not exist; it appears when it is complete.',
  });
}
