import { type Artifact, ErrorCode, SluiceError } from '@sluice/sdk';
import type { WorkDigests } from '../inputs/digests.ts';

/** Who may commit. Claims are ordered by `order`, then `attempt`, then `delivery`. */
export interface Claim {
  /** The workflow's clock when the attempt was dispatched, ms. */
  readonly order: number;
  readonly attempt: number;
  /** How often Temporal has handed out this very attempt, from 1. */
  readonly delivery: number;
  /** Unique to one execution. */
  readonly owner: string;
}

/** One committed checkpoint. `files` is a tree: its digest stands for the list of paths, sizes and digests. */
export interface Manifest {
  readonly step: number;
  readonly files: Artifact;
  readonly attempt: number;
  readonly owner: string;
  readonly digests: WorkDigests;
  /** ISO 8601. */
  readonly at: string;
}

/** What a pointer of a checkpoint line holds. */
export interface LineState {
  readonly claim: Claim;
  /** Newest last; at most one more than are kept. */
  readonly manifests: readonly Manifest[];
}

/** @throws SluiceError `CheckpointsUnreadable` */
export function parseLine(key: string, text: string): LineState {
  try {
    const state = JSON.parse(text) as LineState;
    const whole =
      typeof state.claim.owner === 'string' &&
      [state.claim.order, state.claim.attempt, state.claim.delivery].every(Number.isFinite) &&
      state.manifests.every(
        ({ step, files, digests }) => Number.isInteger(step) && isArtifact(files) && isDigests(digests),
      );
    if (whole) return state;
  } catch {
    // falls through to the error that says what to do
  }
  throw new SluiceError(ErrorCode.CheckpointsUnreadable, 'The list of committed checkpoints is damaged.', {
    where: key,
    fix: "Restore that pointer from a backup of the store, or set resume: 'never' to start over.",
  });
}

/** Negative when `a` is older than `b`. */
export function compareClaims(a: Claim, b: Claim): number {
  return a.order - b.order || a.attempt - b.attempt || a.delivery - b.delivery;
}

function isArtifact(value: Artifact): boolean {
  return typeof value.uri === 'string' && typeof value.digest === 'string' && Number.isFinite(value.bytes);
}

function isDigests(value: WorkDigests): boolean {
  return [value.code, value.hyper, value.data].every((digest) => typeof digest === 'string');
}
