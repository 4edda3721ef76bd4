import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@sluice/sdk';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { compareClaims, newPartialId, type PartialClaim, runningAttempt } from './attempt.ts';
import { type CarrierOptions, carryOne, startCarrier } from './carrier.ts';
import { isViewDraft, localView, onDisk, type Part, partName, writeView, writeWhole } from './local-parts.ts';
import { partialKey } from './stored-parts.ts';
import { type Moved, takeOver } from './take-over.ts';
import { within } from './within.ts';

/** A file that an attempt before this one left. */
export interface FoundPart {
  /** What it is. */
  readonly label: string;
  /** Attempt that wrote it. */
  readonly id: string;
  readonly path: string;
  /** So much of it counts. */
  readonly bytes: number;
}

/**
 * What a step that is under way has done so far, as files that only grow, each written by one attempt alone. The next
 * attempt reads what the one before it had found and written when that next one began, on this machine or another. What
 * one that is believed dead and is not writes after that, nobody reads.
 */
export interface PartialResults {
  /** Of this attempt. */
  readonly id: string;
  /** Oldest first. */
  readonly found: readonly FoundPart[];
  /** The result of an attempt before this one, which nobody heard; null: none had come to its end. */
  readonly result: FoundPart | null;
  /** Path for a file of this attempt. Bytes are only ever added to it. */
  own(label: string): string;
  /** Stores what is new now, and returns when it is there, or cannot be. */
  carry(): Promise<void>;
  /** Removes everything, here and in the store; keeps `result` in place of it, if there is one. */
  finish(result?: object): Promise<void>;
  /** Stores what is new, for some seconds at most; does nothing after `finish`. */
  close(): Promise<void>;
}

export interface PartialOptions {
  /** Of this work, on this machine. */
  readonly folder: string;
  /** What these are results of: those of other work are of no use. */
  readonly work: string;
  /** Null: they stay on this machine. */
  readonly moved: Moved | null;
  /** @default console.warn */
  readonly warn?: (line: string) => void;
}

const RESULT = 'result';
/** Longest wait for a store at the end, ms. */
const ENDING = 8_000;

/** Of a step that runs in Temporal; null outside of it, where no other machine goes on. */
export function movedOf(store: ArtifactStore, ref: Moved['ref']): Moved | null {
  const attempt = runningAttempt();
  return attempt === null ? null : { store, ref, attempt };
}

export async function openPartialResults(options: PartialOptions): Promise<PartialResults> {
  const { folder, work, moved } = options;
  const told = options.warn ?? ((line) => console.warn(line));
  const warn = (line: string) => told(moved === null ? line : `${moved.ref.step}: ${line}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const id = newPartialId();
  const { claim, parts } = await takeOver(folder, work, id, { local: await localView(folder), moved, warn });
  await writeView(folder, { claim, parts });

  const own: string[] = [];
  const carried: CarrierOptions | null =
    moved === null
      ? null
      : {
          ...{ store: moved.store, key: partialKey(moved.ref), work, claim, folder, warn },
          wanted: () => [...parts, ...endless(own)],
        };
  const carrier = carried === null ? null : startCarrier(carried);
  const found = parts.map(({ name, bytes }): FoundPart => {
    const [label = '', by = ''] = name.split('~');
    return { label, id: by, path: join(folder, name), bytes };
  });
  let finished = false;
  return {
    id,
    found: found.filter(({ label }) => label !== RESULT),
    result: found.findLast(({ label }) => label === RESULT) ?? null,
    own(label) {
      const name = partName(label, id);
      if (!own.includes(name)) own.push(name);
      return join(folder, name);
    },
    carry: async () => carrier?.carry(),
    async finish(result) {
      finished = true;
      await carrier?.stop(ENDING);
      const names = result === undefined ? [] : [partName(RESULT, id)];
      for (const name of names) await writeWhole(join(folder, name), JSON.stringify(result));
      await clear(folder, claim, names);
      if (carried === null) return;
      await within(leave(carried, names), ENDING).catch((error) => {
        warn(`partial results stay in the store until garbage is collected (${describeError(error)})`);
      });
    },
    async close() {
      if (!finished) await carrier?.flush(ENDING);
    },
  };
}

/** Leaves these parts in the store and no others; none where nothing was stored. */
async function leave(options: CarrierOptions, names: readonly string[]): Promise<void> {
  if ((await options.store.readPointer(options.key)) === null) return;
  const wanted = await onDisk(options.folder, endless(names));
  for (let tries = 0; tries < 5; tries += 1) {
    const done = await carryOne(options, wanted);
    if (done === 'all' || done === 'outdated') return;
  }
}

function endless(names: readonly string[]): readonly Part[] {
  return names.map((name) => ({ name, bytes: Infinity }));
}

/** Removes all files but some; none when a newer attempt goes on with them. */
async function clear(folder: string, claim: PartialClaim, keep: readonly string[]): Promise<void> {
  const newest = await localView(folder);
  if (newest !== null && compareClaims(newest.claim, claim) > 0) return;
  for (const name of await readdir(folder)) {
    const own = keep.length > 0 && name.startsWith(claim.id);
    // A newer one may be about to begin.
    if (!keep.includes(name) && !own && !isViewDraft(name)) await rm(join(folder, name), { force: true });
  }
  if (keep.length === 0) await rmdir(folder).catch(() => {});
}
