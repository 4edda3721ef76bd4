import { fieldStep } from './differing-places.ts';

/** How a caller who could read the old answer might not be able to read this one, at a place. */
export interface ShapeDifference {
  readonly kind: 'type' | 'missing' | 'length';
  /** The first such place of this answer, and how it differs. */
  readonly why: string;
}

/** Told apart in one answer; what is beyond them shares one name. */
const MOST = 50;
const OTHERS = '(other places)';
/** Whoever looks at one answer keeps all others waiting, so after so many differences he has seen enough. */
const MOST_LOOKED_AT = 1_000;
const DEEPEST = 100;
/** Characters of what is said of a difference. */
const KEPT = 300;

/**
 * Where and how `now` does not keep the shape of `old`: a field is missing, a type differs, or a list has another length.
 * Values may differ, and fields may be added. By what may be seen of many answers alike, `$.rows[*].tags is empty`: the
 * items of a list share a place, and it is told whether a list is shorter or longer, and whether it or an object is empty. Lists of different lengths
 * are compared as far as both go.
 */
export function shapeDifferences(old: unknown, now: unknown): Map<string, ShapeDifference> {
  const all = [...(found(old, now) ?? [])].map(([name, one]) => [`$${name}`, one] as const);
  const named = all
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, one], i) => {
      return [i < MOST ? name : OTHERS, { kind: one.kind, why: whyOf(one) }] as const;
    });
  return new Map(named);
}

interface Found {
  readonly kind: ShapeDifference['kind'];
  /** Steps to it, without the `$`. */
  readonly path: string;
  readonly what: string;
}

function whyOf({ path, what }: Found): string {
  return `$${path}${what}`.slice(0, KEPT);
}

/** By name. Paths are put together on the way back, so that a long list without a difference costs nothing. */
function found(old: unknown, now: unknown, depth = 0): Map<string, Found> | null {
  // Where the old answer says nothing of the type, any will do; deeper than this nobody looks.
  if (old === null || depth > DEEPEST) return null;
  if (kindOf(old) !== kindOf(now)) {
    const what = ` is ${kindOf(now)}`;
    return new Map([[what, { kind: 'type', path: '', what: `${what}, was ${kindOf(old)}` }]]);
  }
  if (Array.isArray(old) && Array.isArray(now)) return inList(old, now, depth);
  if (typeof old !== 'object') return null;
  return inObject(old as Readonly<Record<string, unknown>>, now as Readonly<Record<string, unknown>>, depth);
}

function inList(old: readonly unknown[], now: readonly unknown[], depth: number): Map<string, Found> | null {
  const all = new Map<string, Found>();
  if (old.length !== now.length) {
    const one: Found = { kind: 'length', path: '', what: ` has ${now.length} items, had ${old.length}` };
    all.set(now.length < old.length ? ' is shorter' : ' is longer', one);
    if (now.length === 0) all.set(' is empty', one);
  }
  const both = Math.min(old.length, now.length);
  for (let i = 0; i < both && all.size < MOST_LOOKED_AT; i += 1) {
    addTo(all, '[*]', `[${i}]`, found(old[i], now[i], depth + 1));
  }
  return all.size === 0 ? null : all;
}

function inObject(
  old: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
  depth: number,
): Map<string, Found> | null {
  const all = new Map<string, Found>();
  const names = Object.keys(old);
  for (const name of names) {
    if (all.size >= MOST_LOOKED_AT) break;
    if (Object.hasOwn(now, name)) continue;
    const what = ' is missing';
    const one: Found = { kind: 'missing', path: fieldStep(name), what };
    all.set(`${one.path}${what}`, one);
    if (Object.keys(now).length === 0) all.set(' is empty', one);
  }
  for (const name of names) {
    if (all.size >= MOST_LOOKED_AT) break;
    if (!Object.hasOwn(now, name)) continue;
    const inside = found(old[name], now[name], depth + 1);
    if (inside !== null) addTo(all, fieldStep(name), fieldStep(name), inside);
  }
  return all.size === 0 ? null : all;
}

/** The first of a name stays. */
function addTo(all: Map<string, Found>, step: string, shown: string, inside: ReadonlyMap<string, Found> | null): void {
  for (const [name, one] of inside ?? []) {
    const full = `${step}${name}`;
    if (!all.has(full)) all.set(full, { ...one, path: `${shown}${one.path}` });
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
