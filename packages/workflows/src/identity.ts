import { fnv1a64 } from './fnv.ts';
import { utf8 } from './utf8.ts';

/**
 * Ids that say which work of a run an activity or a child is. Temporal compares the ids of what the code asks for with
 * those in the history: without names in them, two steps of one kind would be told apart by nothing but their order.
 *
 * They are part of every history. A change of their form stops the runs that are under way.
 */

/** Bytes of an id: Temporal refuses more than 1,000. What is longer keeps its ends, and a fingerprint of the whole. */
const MOST = 900;
const START = 60;
const END = 25;

/** How often a thing was asked for in this execution: the sandbox of each has this module for itself. */
const asked = new Map<string, number>();

/**
 * Of an attempt of a step: `airport=EWR/delay:train#2`. The kind is in it although Temporal compares kinds as well: it
 * compares ids first, and its words on kinds do not say which step is meant.
 */
export function attemptId(step: string, kind: string, attempt: number): string {
  return bounded(`${step}:${kind}#${attempt}`);
}

/** Of something else that is done, for a step or for the run, counted by how often: `shop:look#3`. */
export function countedId(what: string): string {
  const times = (asked.get(what) ?? 0) + 1;
  asked.set(what, times);
  return bounded(`${what}#${times}`);
}

/**
 * Of the child that does a slice of a large map, by the keys in it: the same place in another list of keys is another
 * slice.
 */
export function sliceId(runId: string, mapPath: string, slice: { from: number; keys: readonly string[] }): string {
  return bounded(`${runId}/${mapPath}/${slice.from}-${fnv1a64(JSON.stringify(slice.keys))}`);
}

function bounded(id: string): string {
  if (utf8(id).length <= MOST) return id;
  const characters = Array.from(id);
  return `${characters.slice(0, START).join('')}…${fnv1a64(id)}…${characters.slice(-END).join('')}`;
}
