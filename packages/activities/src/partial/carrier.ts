import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describeError } from '@sluice/sdk';
import type { ArtifactStore } from '../store/artifact-store.ts';
import { compareClaims, type PartialClaim } from './attempt.ts';
import { onDisk, type Part } from './local-parts.ts';
import { MOST_SEGMENT, nextSegment } from './next-segment.ts';
import { dropSegments, parseStored, partialHolder, type Segment, type StoredPart } from './stored-parts.ts';
import { within } from './within.ts';

/** Shortest and longest time between two times at which what is new is stored, ms. */
const OFTENEST = 2_000;
const SELDOMEST = 30_000;
/** Milliseconds between two looks at how much is new. */
const LOOK = 1_000;
/** Most bytes a second. */
const RATE = 16 * 1024 * 1024;

export interface CarrierOptions {
  readonly store: Pick<ArtifactStore, 'readPointer' | 'swapPointer' | 'putFile' | 'discard'>;
  readonly key: string;
  readonly work: string;
  readonly claim: PartialClaim;
  readonly folder: string;
  /** What is to be there in the end; of what still grows `bytes` may be endless. */
  readonly wanted: () => readonly Part[];
  /** Told once when the store is gone, and once when it is back. */
  readonly warn: (line: string) => void;
}

/** Stores what partial results have grown by, beside the work: nothing waits for it, and nothing fails by it. */
export interface Carrier {
  /** Stores what is new now. */
  carry(): Promise<void>;
  /** Stores all that is new, until that is done or `limit` ms have passed. */
  flush(limit: number): Promise<void>;
  /** Begins no further piece, and waits for the one under way, `limit` ms at most. */
  stop(limit: number): Promise<void>;
}

/**
 * Starts to carry. The first time is two seconds after the beginning, then always as long as it has taken so far, and
 * each half minute in the end, or when 32 MB are new: at most half of what was done is lost with a machine.
 */
export function startCarrier(options: CarrierOptions): Carrier {
  const { warn } = options;
  const began = Date.now();
  let last = began; // when it was stored, or that failed
  let held = 0; // bytes that are stored, at least
  let down = false;
  let over = false; // a newer attempt has taken over, or this one has come to its end
  let hurry = false;
  let running: Promise<void> | null = null;

  const carry = async (): Promise<void> => {
    try {
      // What comes meanwhile waits for the next time, or a part that always grows would be stored without a pause.
      const wanted = await onDisk(options.folder, options.wanted());
      for (let races = 0; !over && races < 5; ) {
        const done = await carryOne(options, wanted);
        if (down) warn('the store answers again: partial results are stored');
        down = false;
        if (done === 'outdated') over = true;
        if (done === 'all') held = sizeOf(wanted);
        if (done === 'outdated' || done === 'all') break;
        if (done === 'raced') races += 1;
        else if (!hurry) await wait((1000 * done) / RATE, undefined, { ref: false });
      }
    } catch (error) {
      if (!down) {
        const now = 'partial results cannot be stored for now: another machine would have more to do again';
        warn(`${now} (${describeError(error)})`);
      }
      down = true;
    }
    last = Date.now();
  };
  const begin = (): Promise<void> => {
    running ??= carry().finally(() => {
      running = null;
    });
    return running;
  };
  const look = async (): Promise<void> => {
    if (over || running !== null) return;
    const pause = Math.min(SELDOMEST, Math.max(OFTENEST, last - began));
    const grown = sizeOf(await onDisk(options.folder, options.wanted())) - held;
    if (over || running !== null) return;
    if (grown >= MOST_SEGMENT || (grown > 0 && Date.now() - last >= pause)) await begin();
  };
  const carryNow = async (): Promise<void> => {
    await running;
    if (!over) await begin();
  };
  const timer = setInterval(() => void look().catch(() => {}), LOOK);
  timer.unref();

  return {
    carry: carryNow,
    async flush(limit) {
      clearInterval(timer);
      hurry = true;
      await within(carryNow(), limit).catch(() => {});
      over = true;
    },
    async stop(limit) {
      clearInterval(timer);
      over = true;
      if (running !== null) await within(running, limit).catch(() => {});
    },
  };
}

/**
 * Stores one piece of what is wanted there, and drops what is not.
 *
 * @returns its bytes; `all` when nothing is missing, `outdated` when a newer attempt has taken over, `raced` when the
 * pointer was changed meanwhile: by such an attempt, or by this one when the answer was lost. The next time tells
 * @throws SluiceError what the store throws
 */
export async function carryOne(
  options: CarrierOptions,
  wanted: readonly Part[],
): Promise<number | 'all' | 'outdated' | 'raced'> {
  const { store, key, claim } = options;
  const pointer = await store.readPointer(key);
  const state = pointer === null ? null : parseStored(pointer.value);
  const newer = state !== null && state.claim.id !== claim.id && compareClaims(state.claim, claim) > 0;
  if (newer) return 'outdated';
  const former = state?.work === options.work ? state.parts : [];
  const { parts, missing } = nextSegment(former, wanted);
  if (missing === null) {
    const more = state?.parts.some(({ name }) => !wanted.some((part) => part.name === name)) ?? false;
    if (!more) return 'all';
    if (!(await point(options, pointer?.version ?? null, parts))) return 'raced';
    await dropSegments(store, key, state?.parts ?? [], parts);
    return 'all';
  }
  const segment = await put(options, missing);
  const present = parts
    .map((part) => (part.name === missing.name ? { ...part, segments: [...part.segments, segment] } : part))
    .filter(({ segments }) => segments.length > 0);
  if (await point(options, pointer?.version ?? null, present)) {
    await dropSegments(store, key, state?.parts ?? [], present);
    return segment.bytes;
  }
  return 'raced';
}

/** Changes the pointer if nobody has since. */
async function point(
  { store, key, work, claim }: Pick<CarrierOptions, 'store' | 'key' | 'work' | 'claim'>,
  version: string | null,
  parts: readonly StoredPart[],
): Promise<boolean> {
  return (await store.swapPointer(key, version, JSON.stringify({ work, claim, parts }))) !== null;
}

async function put(
  { store, key, claim, folder }: CarrierOptions,
  { name, from, to }: { readonly name: string; readonly from: number; readonly to: number },
): Promise<Segment> {
  const piece = join(folder, `piece-${randomUUID()}`);
  try {
    // A copy, because the part may grow meanwhile.
    await writeFile(piece, createReadStream(join(folder, name), { start: from, end: to - 1 }), { mode: 0o600 });
    const { uri, digest, bytes } = await store.putFile(piece, 'files', partialHolder(key, claim.id));
    return { uri, digest, bytes, by: claim.id };
  } finally {
    await rm(piece, { force: true });
  }
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}
