import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact, StepRef } from '@sluice/sdk';
import { pathName } from '../job/inputs/path-name.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { isClaim, type PartialClaim } from './attempt.ts';
import { isPartName } from './local-parts.ts';

/** A piece of a part in the store. */
export interface Segment extends Pick<Artifact, 'uri' | 'digest' | 'bytes'> {
  /** Id of the attempt that put it, and holds it there. */
  readonly by: string;
}

/** The beginning of a part, in pieces. */
export interface StoredPart {
  readonly name: string;
  readonly segments: readonly Segment[];
}

/** What a step's pointer holds. */
export interface StoredParts {
  /** What these are results of: another suite, model or seed is other work. */
  readonly work: string;
  readonly claim: PartialClaim;
  readonly parts: readonly StoredPart[];
}

/** Key of the pointer. Its second and third part are those of a checkpoint line, by which garbage is judged. */
export function partialKey({ workflowId, step }: Pick<StepRef, 'workflowId' | 'step'>): string {
  return `partial/${pathName(workflowId)}/${pathName(step)}`;
}

/** Name in which an attempt holds its segments: equal ones of others stay when it lets go of them. */
export function partialHolder(key: string, id: string): string {
  return `${key}#${id}`;
}

export function bytesOf({ segments }: Pick<StoredPart, 'segments'>): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Null for what is damaged: it can be learned again. */
export function parseStored(text: string): StoredParts | null {
  try {
    const { work, claim, parts } = JSON.parse(text) as Record<string, unknown>;
    if (typeof work !== 'string' || !isClaim(claim) || !Array.isArray(parts) || !parts.every(isStored)) return null;
    return { work, claim, parts };
  } catch {
    return null;
  }
}

function isStored(value: unknown): value is StoredPart {
  const { name, segments } = (value ?? {}) as Partial<Record<keyof StoredPart, unknown>>;
  return isPartName(name) && Array.isArray(segments) && segments.every(isSegment);
}

function isSegment(value: unknown): value is Segment {
  const { uri, digest, bytes, by } = (value ?? {}) as Partial<Record<keyof Segment, unknown>>;
  return typeof uri === 'string' && typeof digest === 'string' && Number.isFinite(bytes) && typeof by === 'string';
}

/**
 * Brings a part here, in place of what lies there of it: whole or not at all.
 *
 * @throws SluiceError what the store throws
 */
export async function fetchPart(
  store: Pick<ArtifactStore, 'fetch'>,
  { name, segments }: StoredPart,
  folder: string,
): Promise<void> {
  const draft = join(folder, `draft-${randomUUID()}`);
  const piece = `${draft}.piece`;
  try {
    await using file = await open(draft, 'wx', 0o600);
    for (const segment of segments) {
      await store.fetch(segment, piece);
      for await (const chunk of createReadStream(piece)) await file.appendFile(chunk as Uint8Array);
      await rm(piece);
    }
    await rename(draft, join(folder, name));
  } finally {
    await rm(piece, { force: true });
    await rm(draft, { force: true });
  }
}

/** Lets go of segments of a pointer's former value that the present one does not name. What fails is left to gc. */
export async function dropSegments(
  store: Pick<ArtifactStore, 'discard'>,
  key: string,
  former: readonly StoredPart[],
  present: readonly StoredPart[],
): Promise<void> {
  const kept = present.flatMap(({ segments }) => segments);
  const same = (a: Segment) => kept.some((b) => a.uri === b.uri && a.by === b.by);
  const dropped = former.flatMap(({ segments }) => segments).filter((one) => !same(one));
  for (const by of new Set(dropped.map((one) => one.by))) {
    const own = (one: Segment) => one.by === by;
    await store.discard(dropped.filter(own), kept.filter(own), partialHolder(key, by)).catch(() => {});
  }
}
