import type { Json, WatchInput } from '@sluice/sdk';
import type { JudgeMemory } from './memory.ts';

/** What a watcher hands to the next one, of the next phase or of the same one after its worker was lost. Plain JSON. */
export interface WatchMemory {
  readonly version: typeof VERSION;
  /** Epoch ms, whole seconds: everything before is in the judge's memory. */
  readonly countedUntil: number;
  /** Restarts of the candidate's process before it had traffic, or at the first look where nobody saw that. */
  readonly restarts: number | null;
  readonly judge: JudgeMemory;
}

/** What a watcher says in its heartbeats. */
export interface Beat {
  readonly phase: string;
  /** Null until the stable version's record could be read. */
  readonly memory: WatchMemory | null;
  readonly seenAt: number;
  readonly blind: number;
  readonly measured: boolean;
}

/** Goes up when an older memory cannot be read any more; such a rollout is judged from where it is. */
const VERSION = 1;

export function newWatchMemory(input: WatchInput, judge: JudgeMemory): WatchMemory {
  return { version: VERSION, countedUntil: wholeSecond(input.since), restarts: input.restarts, judge };
}

/** What an earlier phase left, to go on with in this one: nothing between the two counts. */
export function carriedOver(memory: Json | null, input: WatchInput): WatchMemory | null {
  const known = readMemory(memory);
  return known === null ? null : { ...known, countedUntil: Math.max(known.countedUntil, wholeSecond(input.since)) };
}

/** The last heartbeat of a watcher of this very phase, whose worker was lost; null for anything else. */
export function lastBeat(former: unknown, input: WatchInput): Beat | null {
  const beat = former as Partial<Beat> | null | undefined;
  if (typeof beat !== 'object' || beat === null || beat.phase !== input.phase) return null;
  if (typeof beat.seenAt !== 'number' || typeof beat.blind !== 'number') return null;
  return {
    phase: beat.phase,
    memory: readMemory(beat.memory),
    seenAt: beat.seenAt,
    blind: beat.blind,
    measured: beat.measured === true,
  };
}

function readMemory(value: unknown): WatchMemory | null {
  const memory = value as Partial<WatchMemory> | null | undefined;
  const known = typeof memory === 'object' && memory !== null && memory.version === VERSION;
  // Its own writing, so its version is all there is to check.
  return known ? (memory as WatchMemory) : null;
}

/** The first whole second that began in the phase. */
function wholeSecond(time: number): number {
  return Math.ceil(time / 1000) * 1000;
}
