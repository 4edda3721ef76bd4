import type { Artifact } from '@sluice/sdk';
import type { ArtifactStore, Pointer } from './artifact-store.ts';

/** An artifact as it lies in a store, whole or not. */
export interface StoredArtifact {
  readonly uri: string;
  readonly bytes: number;
  /** Epoch ms at which it was last put. */
  readonly changedAt: number;
  /** What it was put as; null where nobody wrote that down. */
  readonly kind: Artifact['kind'] | null;
}

export interface StoredPointer extends Pointer {
  readonly key: string;
  /** Epoch ms of its last change. */
  readonly changedAt: number;
}

/** Something else that lies in a store under a name of its own. */
export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
  readonly changedAt: number;
}

/** What collecting garbage needs of a store: to see everything, and to delete what nobody has put again meanwhile. */
export interface StoreSweep {
  artifacts(): AsyncIterable<StoredArtifact>;
  pointers(): AsyncIterable<StoredPointer>;
  /** Bytes of a blob, in chunks; none when it is not there. */
  read(artifact: Pick<Artifact, 'uri'>): AsyncIterable<Uint8Array>;
  /**
   * Deletes an artifact and forgets its holders, unless it was put since `before` or is being put right now.
   *
   * @param before epoch ms
   * @returns whether it was deleted
   */
  sweep(artifact: Pick<Artifact, 'uri'>, before: number): Promise<boolean>;
  /** Deletes a pointer that still has this version. @returns whether it was deleted */
  removePointer(pointer: Pick<StoredPointer, 'key' | 'version'>): Promise<boolean>;
  /** Payloads of histories, which lie below `payloads/`. */
  payloads(): AsyncIterable<StoredFile>;
  readPayload(name: string): AsyncIterable<Uint8Array>;
  /** Deletes a payload that was not written since `before`. @returns whether it was deleted */
  removePayload(name: string, before: number): Promise<boolean>;
  /** What was left unfinished; `removeDraft` deletes one that nobody wrote to since `before`. */
  drafts(): AsyncIterable<StoredFile>;
  removeDraft(name: string, before: number): Promise<boolean>;
}

export type SweepableStore = ArtifactStore & StoreSweep;
