import type { Artifact, Json, ModelRef } from './artifact.ts';
import { type Duration, milliseconds } from './duration.ts';
import { ErrorCode, SluiceError } from './errors.ts';

/**
 * Checks of what a step is given: what TypeScript cannot say (a number over 0), and what a caller in JavaScript did
 * not hear from it. All of them throw SluiceError `InvalidStep` with what, where and a way out.
 */

export function invalidStep(where: string, what: string, fix: string, data?: unknown): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, what, { where, fix, data });
}

/** Refuses options that do not exist: a misspelt budget or deadline must not be silently left out. */
export function checkFields<Options>(
  where: string,
  options: unknown,
  known: { readonly [Name in keyof Required<Options>]: true },
  what = 'options',
): void {
  const names = Object.keys(known).join(', ');
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidStep(where, `${what}: expected an object, got ${shown(options)}.`, `It takes ${names}.`);
  }
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(known, name));
  if (unknown.length === 0) return;
  const list = unknown.map((name) => JSON.stringify(name)).join(', ');
  throw invalidStep(where, `${what}: there is no ${list}.`, `They are ${names}.`);
}

export function wholeNumber(where: string, label: string, value: unknown, least: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  throw invalidStep(
    where,
    `${label} is ${shown(value)}; it must be a whole number of at least ${least}.`,
    `Give such a number, or leave ${label} out for its default.`,
  );
}

/** A number from `least` to `most`, both included; `over` and `below` instead leave that end out. */
export function numberWithin(
  where: string,
  label: string,
  value: unknown,
  bounds: { readonly least?: number; readonly over?: number; readonly most?: number; readonly below?: number },
): number {
  const { least = Number.NEGATIVE_INFINITY, over = Number.NEGATIVE_INFINITY } = bounds;
  const { most = Number.POSITIVE_INFINITY, below = Number.POSITIVE_INFINITY } = bounds;
  if (
    Number.isFinite(value) &&
    (value as number) >= least &&
    (value as number) > over &&
    (value as number) <= most &&
    (value as number) < below
  ) {
    return value as number;
  }
  const from = bounds.over === undefined ? `at least ${least}` : `over ${over}`;
  const to =
    bounds.below !== undefined ? ` and below ${below}` : bounds.most === undefined ? '' : ` and at most ${most}`;
  throw invalidStep(
    where,
    `${label} is ${shown(value)}; it must be a number ${from}${to}.`,
    `Give such a number, or leave ${label} out for its default.`,
  );
}

export function oneOf<Choice>(where: string, label: string, value: unknown, choices: readonly Choice[]): Choice {
  if (choices.includes(value as Choice)) return value as Choice;
  throw invalidStep(where, `${label} is ${shown(value)}.`, `Use one of ${choices.map(shown).join(', ')}.`);
}

export function nonEmptyText(where: string, label: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw invalidStep(where, `${label} is ${shown(value)}; it must be a text that is not empty.`, `Give ${label}.`);
}

/** Milliseconds of a duration that is longer than nothing: Temporal reads a time-out of 0 as none. */
export function period(where: string, label: string, value: Duration): number {
  const time = milliseconds(value, where, label);
  if (time > 0) return time;
  throw invalidStep(
    where,
    `${label} is ${shown(value)}; it must be over 0.`,
    `Give a longer ${label}, or leave it out.`,
  );
}

/** An artifact that an earlier step returned; a forgotten `await` is the usual reason why it is none. */
export function artifact<One extends Artifact>(where: string, label: string, value: unknown, kind: One['kind']): One {
  const found = value as Partial<Artifact> | null | undefined;
  if (typeof found === 'object' && found !== null && found.kind === kind && typeof found.digest === 'string') {
    return value as One;
  }
  const awaited = typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
  throw invalidStep(
    where,
    `${label} is ${awaited ? `a promise of a ${kind}` : `not a ${kind}`}.`,
    awaited ? 'Write `await` before the step that makes it.' : `Pass what the step that makes the ${kind} returned.`,
  );
}

/** Which model an earlier step returned: without its metrics and lineage, which would travel with every spec. */
export function modelRef(where: string, label: string, value: unknown): ModelRef {
  const { kind, uri, digest, bytes, step, keys } = artifact<ModelRef>(where, label, value, 'model');
  return { kind, uri, digest, bytes, step, keys };
}

/** A copy of `value` as JSON. NaN, functions, dates and cycles are refused: JSON would change or drop them silently. */
export function json(where: string, label: string, value: unknown): Json {
  return copy(value, label, []);

  function copy(one: unknown, path: string, above: readonly unknown[]): Json {
    if (one === null || typeof one === 'boolean' || typeof one === 'string') return one;
    if (typeof one === 'number' && Number.isFinite(one)) return one;
    if (typeof one === 'object' && !above.includes(one)) {
      const inner = [...above, one];
      if (Array.isArray(one)) return Array.from(one, (item, index) => copy(item, `${path}.${index}`, inner));
      if (isPlain(one)) {
        const entries = Object.entries(one).filter(([, item]) => item !== undefined);
        return Object.fromEntries(entries.map(([name, item]) => [name, copy(item, `${path}.${name}`, inner)]));
      }
    }
    throw invalidStep(
      where,
      `${path} is ${shown(one)}, which JSON cannot carry.`,
      'Use texts, finite numbers, booleans, null, lists and plain objects of these.',
    );
  }
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  // Objects of another realm have another Object.prototype; theirs has no prototype either.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A value as an error message shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) {
    return isPlain(value) ? 'an object' : `a ${value.constructor?.name ?? 'special object'}`;
  }
  return String(value);
}
