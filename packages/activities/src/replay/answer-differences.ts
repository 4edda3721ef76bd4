import { type BodyDifferences, type JsonPath, parseJsonPath } from '@sluice/sdk';
import type { Redactor } from '@sluice/sdk/redact';
import { type Comparison, type DifferenceKind, differingPlaces, type Place } from './differing-places.ts';
import { type Answer, jsonOf } from './send.ts';

/** A place at which an answer differs from the old version's. */
export interface Difference {
  readonly path: string;
  /** How the candidate's answer differs; null: it does not. */
  readonly raw: DifferenceKind | null;
  /** How the answer of the old version's second copy does. */
  readonly noise: DifferenceKind | null;
  /** What both versions say there, redacted and cut; null where the candidate does not differ. */
  readonly values: readonly [old: string, now: string] | null;
}

/** Places told apart in one answer; what is beyond them shares one. */
const MOST_PLACES = 50;
const OTHER_PLACES = '(other places)';
const STATUS = '(status)';
/** Characters of a value that are kept. */
const KEPT = 80;
const LEFT_OUT = '(left out: it cannot be redacted)';

export function comparisonOf({ ignore, tolerate }: BodyDifferences): Comparison {
  const read = (path: string): JsonPath => parseJsonPath(path) ?? [path];
  return { ignore: ignore.map(read), tolerate: tolerate.map(({ path, ...rest }) => ({ path: read(path), ...rest })) };
}

/** Where the candidate's answer and that of the old version's second copy differ from the old version's. */
export function answerDifferences(
  answers: { readonly old: Answer; readonly second: Answer; readonly now: Answer },
  comparison: Comparison,
  redactor: Redactor,
): Difference[] {
  const { old, second, now } = answers;
  if (sameBody(old, now) && sameBody(old, second) && now.status === old.status && second.status === old.status)
    return [];
  const before = contentOf(old.body);
  const after = sameBody(old, now) ? before : contentOf(now.body);
  const raw = placesOf(old, before, now, after, comparison);
  const noise = placesOf(old, before, second, sameBody(old, second) ? before : contentOf(second.body), comparison);
  if (raw.size + noise.size === 0) return [];
  const all = [...new Set([...raw.keys(), ...noise.keys()])].sort();
  const shown = raw.size === 0 ? null : { old: shownOf(old, before, redactor), now: shownOf(now, after, redactor) };
  const differences = all.slice(0, MOST_PLACES).map((path): Difference => {
    const found = raw.get(path);
    const values = found === undefined || shown === null ? null : ([shown.old(found), shown.now(found)] as const);
    return { path, raw: found?.kind ?? null, noise: noise.get(path)?.kind ?? null, values };
  });
  const others = all.slice(MOST_PLACES);
  if (others.length === 0) return differences;
  const first = (places: ReadonlyMap<string, Place>) => places.get(others.find((path) => places.has(path)) ?? '');
  const rest = { raw: first(raw)?.kind ?? null, noise: first(noise)?.kind ?? null };
  return [...differences, { path: OTHER_PLACES, ...rest, values: null }];
}

function sameBody(old: Answer, other: Answer): boolean {
  return other.body.equals(old.body);
}

function placesOf(
  old: Answer,
  before: unknown,
  other: Answer,
  after: unknown,
  comparison: Comparison,
): Map<string, Place> {
  const places = differingPlaces(before, after, comparison);
  if (other.status !== old.status) places.set(STATUS, { kind: 'value', place: [STATUS] });
  return places;
}

/** What is no JSON is compared as a text. */
function contentOf(body: Buffer): unknown {
  const value = jsonOf(body);
  return value === undefined ? body.toString('utf8') : value;
}

/** Tells what stands at a place of an answer. */
function shownOf({ status, body }: Answer, content: unknown, redactor: Redactor): (found: Place) => string {
  const redacted = redactor.json(body.toString('utf8'));
  const value = redacted?.changed ? contentOf(Buffer.from(redacted.text, 'utf8')) : content;
  return ({ place }) => {
    if (place[0] === STATUS) return String(status);
    if (redacted === null) return LEFT_OUT;
    let at: unknown = value;
    for (const step of place) at = (at as Readonly<Record<string, unknown>> | null | undefined)?.[step];
    return at === undefined ? '(nothing)' : textOf(at);
  };
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value).slice(0, KEPT);
  } catch {
    return '(nested too deeply)';
  }
}
