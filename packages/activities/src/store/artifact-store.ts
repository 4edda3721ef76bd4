import type { Artifact, Digest } from '@sluice/sdk';
import type { TreeFile } from './tree-manifest.ts';

/**
 * Where artifacts lie: content-addressed, so writing one twice is writing it once, and it is there whole or not at
 * all. Two shapes: a blob (one file) at `blobs/<hex>`, and a tree (a directory) at `trees/<hex>/`, whose list of files
 * and digests is `trees/<hex>/manifest.json`. Beside them stand small mutable pointers that change by
 * compare-and-swap only.
 *
 * Equal bytes are one artifact whoever puts them, so what deletes must name itself: a *holder* is any text that names
 * the one who needs an artifact, and `discard` deletes an artifact when its last holder lets go.
 */
export interface ArtifactStore {
  /** Stores one local file. `holder` is by @default {@link everyone}. */
  putFile(path: string, kind: Artifact['kind'], holder?: string): Promise<Artifact>;
  /** Stores text, as a blob. */
  putText(text: string, kind: Artifact['kind'], holder?: string): Promise<Artifact>;
  /**
   * Stores a local directory: regular files only, any depth; a link or an empty directory is an error (`InvalidStep`).
   * The digest depends on relative paths and bytes alone.
   */
  putTree(directory: string, kind: Artifact['kind'], holder?: string): Promise<Artifact>;
  /** The whole text of a blob, verified. @throws SluiceError `NotFound`, `Corrupt` */
  getText(artifact: Pick<Artifact, 'uri' | 'digest'>): Promise<string>;
  /**
   * Makes a blob a local file, or a tree a local directory, at `path`, verified byte by byte; `path` must not exist,
   * and appears at once when it is complete.
   *
   * @param signal gives up, leaving nothing at or beside `path`
   * @throws SluiceError `NotFound`, `Corrupt`, `StorageFull`; the signal's reason
   */
  fetch(artifact: Pick<Artifact, 'uri' | 'digest'>, path: string, signal?: AbortSignal): Promise<void>;
  /**
   * Is every byte there? `sizes` looks at presence and sizes only (of a blob its presence); `digests` reads everything.
   *
   * @returns null when whole, else what is wrong in one sentence.
   */
  verify(artifact: Pick<Artifact, 'uri' | 'digest'>, how: 'sizes' | 'digests'): Promise<string | null>;
  /** The files of a tree, in the order of their paths; of a blob one, whose path is empty. @throws SluiceError `NotFound`, `Corrupt` */
  files(artifact: Pick<Artifact, 'uri'>): Promise<readonly Pick<TreeFile, 'path' | 'bytes'>[]>;
  /** The pointer's value and version; null when it was never written. */
  readPointer(key: string): Promise<Pointer | null>;
  /**
   * Writes a pointer if its version is still `expected` (null: if it does not exist yet).
   *
   * @returns the new version, or null when somebody else was first.
   */
  swapPointer(key: string, expected: string | null, value: string): Promise<string | null>;
  /**
   * Lets go of artifacts in the name of `holder` (@default {@link everyone}); used for checkpoints no longer kept.
   * What nobody else holds is deleted; what `keep` lists is left as it is; what is not there is no error.
   */
  discard(
    artifacts: readonly Pick<Artifact, 'uri'>[],
    keep: readonly Pick<Artifact, 'uri'>[],
    holder?: string,
  ): Promise<void>;
  /** Where a person finds it: a path or a URL. */
  locate(artifact: Pick<Artifact, 'uri'>): string;
}

/** Holder of what was put without naming one. */
export const everyone = 'everyone';

export interface Pointer {
  readonly value: string;
  /** Opaque; an ETag, or a counter. */
  readonly version: string;
}

/** Hex part of a digest or of an artifact's uri. */
export function hexOf(value: Digest | string): string {
  return value.slice(Math.max(value.lastIndexOf(':'), value.lastIndexOf('/')) + 1);
}
