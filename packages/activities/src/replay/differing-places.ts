import type { JsonPath } from '@sluice/sdk';

/** How two answers differ at a place. */
export type DifferenceKind = 'value' | 'type' | 'missing' | 'extra' | 'length' | 'order';

/** What is compared, made ready once. */
export interface Comparison {
  readonly ignore: readonly JsonPath[];
  readonly tolerate: readonly { readonly path: JsonPath; readonly absolute: number; readonly relative: number }[];
}

export interface Place {
  readonly kind: DifferenceKind;
  /** Names and numbers on the way to the first one of its path. */
  readonly place: readonly string[];
}

/** Deeper than this nobody looks. */
const DEEPEST = 100;
/** Characters of a field's name: some answers have texts for names, and paths of all requests are kept. */
const LONGEST_NAME = 100;
/** Whoever looks at one answer keeps all others waiting, so after so many places he has seen enough … */
const MOST_PLACES = 1_000;
/** … and after so many items of lists he does not ask any more whether only their order is another. */
const MOST_SORTED = 50_000;

/**
 * By path the first difference there; the items of a list share a path, `$.predictions[*]`. A list of another length,
 * or of the same items in another order, is not looked into.
 */
export function differingPlaces(old: unknown, now: unknown, comparison: Comparison): Map<string, Place> {
  const found = new Map<string, Place>();
  compare({ old, now, place: [], path: '$' }, { comparison, toSort: MOST_SORTED }, found);
  return found;
}

interface Pair {
  readonly old: unknown;
  readonly now: unknown;
  readonly place: readonly string[];
  readonly path: string;
}

interface Walk {
  readonly comparison: Comparison;
  /** Items of lists that may still be sorted. */
  toSort: number;
}

function compare(pair: Pair, walk: Walk, found: Map<string, Place>): void {
  const { old, now, place, path } = pair;
  // A score of -0.0 is no other than one of 0.0.
  if (old === now || place.length > DEEPEST || isIgnored(place, walk.comparison)) return;
  const add = (kind: DifferenceKind) => {
    if (!found.has(path)) found.set(path, { kind, place });
  };
  if (typeOf(old) !== typeOf(now)) add('type');
  else if (Array.isArray(old) && Array.isArray(now)) {
    if (old.length === now.length) compareItems({ ...pair, old, now }, walk, found);
    else add('length');
  } else if (isObject(old) && isObject(now)) compareFields({ ...pair, old, now }, walk, found);
  else if (!isTolerated(old, now, place, walk.comparison)) add('value');
}

type Both<Value> = Omit<Pair, 'old' | 'now'> & { readonly old: Value; readonly now: Value };

function compareItems({ old, now, place, path }: Both<unknown[]>, walk: Walk, found: Map<string, Place>) {
  const inner = new Map<string, Place>();
  const shared = `${path}[*]`;
  for (const [i, item] of old.entries()) {
    // Most of a long list: the same, or one more value at a place that is known to differ.
    if (item === now[i] || (inner.has(shared) && !(isObject(item) && isObject(now[i])))) continue;
    if (inner.size >= MOST_PLACES) break;
    compare({ old: item, now: now[i], place: [...place, String(i)], path: shared }, walk, inner);
  }
  if (inner.size === 0) return;
  walk.toSort -= old.length;
  if (old.length > 1 && walk.toSort >= 0 && sameItems(old, now)) {
    if (!found.has(path)) found.set(path, { kind: 'order', place });
    return;
  }
  for (const [at, one] of inner) if (!found.has(at)) found.set(at, one);
}

function compareFields(
  { old, now, place, path }: Both<Readonly<Record<string, unknown>>>,
  walk: Walk,
  found: Map<string, Place>,
) {
  const add = (name: string) => {
    const [before, after] = [Object.hasOwn(old, name), Object.hasOwn(now, name)];
    const at = { place: [...place, name], path: `${path}${fieldStep(name)}` };
    if (before && after) compare({ old: old[name], now: now[name], ...at }, walk, found);
    else if (!isIgnored(at.place, walk.comparison) && !found.has(at.path)) {
      found.set(at.path, { kind: before ? 'missing' : 'extra', place: at.place });
    }
  };
  for (const name of Object.keys(old)) {
    if (found.size >= MOST_PLACES) return;
    if (old[name] !== now[name] || !Object.hasOwn(now, name)) add(name);
  }
  for (const name of Object.keys(now)) {
    if (found.size >= MOST_PLACES) return;
    if (!Object.hasOwn(old, name)) add(name);
  }
}

function isIgnored(place: readonly string[], { ignore }: Comparison): boolean {
  return ignore.some((path) => covers(path, place));
}

function isTolerated(old: unknown, now: unknown, place: readonly string[], { tolerate }: Comparison): boolean {
  if (typeof old !== 'number' || typeof now !== 'number') return false;
  // 1.1 is 0.1 from 1, whatever the last binary digit says.
  const apart = Math.abs(now - old) - 1e-12 * Math.max(Math.abs(old), Math.abs(now));
  return tolerate.some(
    ({ path, absolute, relative }) => covers(path, place) && (apart <= absolute || apart <= relative * Math.abs(old)),
  );
}

/** Does a path name this place, or one above it? */
function covers(path: JsonPath, place: readonly string[]): boolean {
  return path.length <= place.length && path.every((step, i) => step === null || step === place[i]);
}

/** The same items, each as often, whatever their order. */
function sameItems(old: readonly unknown[], now: readonly unknown[]): boolean {
  try {
    const sorted = (items: readonly unknown[]) => items.map(canonical).sort();
    const after = sorted(now);
    return sorted(old).every((item, i) => item === after[i]);
  } catch {
    return false; // nested so deeply that nobody can look into it
  }
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function fieldStep(name: string): string {
  const shown = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
  return /^[^.[\]'"*\s]+$/.test(shown) ? `.${shown}` : `[${JSON.stringify(shown)}]`;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
