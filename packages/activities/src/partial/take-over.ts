import { describeError, type StepRef } from '@sluice/sdk';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { compareClaims, type PartialClaim, type RunningAttempt } from './attempt.ts';
import { onDisk, type Part, type View } from './local-parts.ts';
import { bytesOf, dropSegments, fetchPart, parseStored, partialKey, type StoredParts } from './stored-parts.ts';
import { within } from './within.ts';

/** Where partial results go besides this machine's disk, and for whom. */
export interface Moved {
  readonly store: ArtifactStore;
  readonly ref: Pick<StepRef, 'workflowId' | 'step'>;
  readonly attempt: RunningAttempt;
}

export interface TakeOverOptions {
  readonly local: View | null;
  /** Null: partial results stay on this machine. */
  readonly moved: Moved | null;
  readonly warn: (line: string) => void;
}

export interface TakeOver {
  readonly claim: PartialClaim;
  /** What counts of what was done before. */
  readonly parts: readonly Part[];
}

/** Longest wait for a pointer of a store that may be gone, ms. */
const ASKING = 15_000;

/**
 * Goes on with the newest attempt that this machine's disk or the store knows of, and brings here what the disk lacks.
 * Claims what is stored first, so that nobody else removes it meanwhile. A store that is gone means to go on with what
 * is here.
 */
export async function takeOver(
  folder: string,
  work: string,
  id: string,
  { local, moved, warn }: TakeOverOptions,
): Promise<TakeOver> {
  const turn = 1 + (local?.claim.turn ?? 0);
  const claim = { begun: moved?.attempt.begun ?? 0, attempt: moved?.attempt.attempt ?? 1, turn, id };
  const own = { claim, parts: local?.parts ?? [] };
  if (moved === null) return own;
  try {
    const found = await within(claimStored(moved, work, claim), ASKING);
    if (found === null) return own;
    if (found.former === null) return { ...own, claim: found.claim };
    const parts = newerOf(local, found.former);
    await bring(folder, parts, found.former, moved, warn);
    return { claim: found.claim, parts: await onDisk(folder, parts) };
  } catch (error) {
    warn(`what other machines did of this step cannot be read, so it counts as not done (${describeError(error)})`);
    return own;
  }
}

interface Claimed {
  readonly claim: PartialClaim;
  /** Null: what was stored was of other work. */
  readonly former: StoredParts | null;
}

/** @returns null where nothing is stored, or a newer attempt has it */
async function claimStored({ store, ref }: Moved, work: string, wished: PartialClaim): Promise<Claimed | null> {
  const key = partialKey(ref);
  for (;;) {
    const pointer = await store.readPointer(key);
    const former = pointer === null ? null : parseStored(pointer.value);
    if (pointer === null || former === null) return null;
    const claim = { ...wished, turn: Math.max(wished.turn, 1 + former.claim.turn) };
    if (compareClaims(former.claim, claim) > 0) return null;
    const parts = former.work === work ? former.parts : [];
    if ((await store.swapPointer(key, pointer.version, JSON.stringify({ work, claim, parts }))) === null) continue;
    await dropSegments(store, key, former.parts, parts);
    return { claim, former: former.work === work ? former : null };
  }
}

/** What the newer one of the two goes by; of the same attempt whatever is longer. */
export function newerOf(local: View | null, stored: StoredParts): readonly Part[] {
  const there = stored.parts.map((part): Part => ({ name: part.name, bytes: bytesOf(part) }));
  if (local === null) return there;
  // An answer of the store that was lost leaves the two with other turns.
  const order = stored.claim.id === local.claim.id ? 0 : compareClaims(stored.claim, local.claim);
  if (order > 0) return there;
  if (order < 0) return local.parts;
  const names = new Set([...local.parts, ...there].map(({ name }) => name));
  const bytes = (parts: readonly Part[], name: string) => parts.find((part) => part.name === name)?.bytes ?? 0;
  return [...names].map((name) => ({ name, bytes: Math.max(bytes(local.parts, name), bytes(there, name)) }));
}

async function bring(
  folder: string,
  parts: readonly Part[],
  { parts: stored }: StoredParts,
  { store }: Moved,
  warn: (line: string) => void,
): Promise<void> {
  const here = await onDisk(folder, parts);
  for (const { name, bytes } of parts) {
    const part = stored.find((one) => one.name === name);
    const lies = here.find((one) => one.name === name)?.bytes ?? 0;
    if (part === undefined || lies >= Math.min(bytes, bytesOf(part))) continue;
    await fetchPart(store, part, folder).catch((error) => {
      warn(
        `a part of what was done on another machine cannot be had, so it counts as not done (${describeError(error)})`,
      );
    });
  }
}
