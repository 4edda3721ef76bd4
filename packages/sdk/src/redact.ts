/**
 * Keeps credentials, and whatever else a project names, out of what is written down. Pure; as `@sluice/sdk/redact`
 * apart from the index, so that a small program can have it without the rest.
 */
import type { Redaction } from './capture.ts';

/** A text with everything replaced that has to be. */
export interface Redacted {
  readonly text: string;
  readonly changed: boolean;
}

/** What stands in the place of a text. Numbers become 0, booleans false, lists and objects keep their shape. */
export const REDACTED = '[redacted]';
/** The same where brackets would have to be escaped. */
const REDACTED_PARAMETER = 'redacted';

export interface Redactor {
  /** May this header be kept? `name` in lower case. */
  keepsHeader(name: string): boolean;
  /** A path with its query. */
  path(path: string): string;
  /** A body of form fields. */
  form(text: string): string;
  /** The text of a body; null when it has to be redacted and is not JSON: then it must not be written at all. */
  json(text: string): Redacted | null;
  /** True when a body that is not text must not be written either. */
  readonly readsEveryBody: boolean;
}

const CREDENTIAL_HEADERS =
  /^(authorization|proxy-authorization|cookie|set-cookie|x-sluice-key|.*(token|secret|api-?key).*)$/;
/** Names of parameters, in lower case and without punctuation. */
const CREDENTIAL_PARAMETER =
  /^(key|code|sig|pass|pwd|auth|jwt|otp|sid|session|sessionid)$|token|secret|passw|passphrase|credential|signature|authorization|(api|access|private|shared|subscription|function|auth)key$/;
const CREDENTIAL_FIELD =
  '(?:password|passwd|passphrase|secret|authorization|credentials?|(?:api|access|private|secret)[-_]?key|(?:access|refresh|id|auth|session|security|bearer)[-_]?token)';
/** A text field with such a name holds a credential. Numbers do not: `days_since_password: 3` is an input of a model. */
const credentialField = new RegExp(`${CREDENTIAL_FIELD}$`, 'i');
/** Something that may be such a field, or may hide one behind an escape; only then is a body parsed. */
const suspicious = new RegExp(`${CREDENTIAL_FIELD}"\\s*:|\\\\u00(?:2d|5f|[4-7][0-9a-f])`, 'i');

/** What to replace, made ready once. */
export function redactorOf(redaction: Redaction = {}): Redactor {
  const headers = new Set(redaction.headers?.map((name) => name.toLowerCase()));
  const names = new Set(redaction.query?.map((name) => name.toLowerCase()));
  const places = (redaction.json ?? []).map(jsonPlace);
  const parameters = (text: string) => redactParameters(text, names);
  return {
    readsEveryBody: places.length > 0,
    keepsHeader: (name) => !headers.has(name) && !CREDENTIAL_HEADERS.test(name),
    path(path) {
      const start = path.indexOf('?');
      return start === -1 ? path : path.slice(0, start + 1) + parameters(path.slice(start + 1));
    },
    form: parameters,
    json(text) {
      if (text === '' || (places.length === 0 && !suspicious.test(text))) return { text, changed: false };
      return redactJson(text, places);
    },
  };
}

/**
 * The steps of a JSON path.
 *
 * @throws Error when it is empty or has an empty step
 */
export function jsonPlace(path: string): readonly string[] {
  const steps = path.replace(/^\$\./, '').split('.');
  if (steps.some((step) => step === '')) throw new Error(`"${path}" is no JSON path: write user.email or rows.*.name`);
  return steps;
}

/** `a=1&key=2`; what cannot be decoded is compared as it stands. */
function redactParameters(text: string, names: ReadonlySet<string>): string {
  return text
    .split(/([&;])/)
    .map((pair) => {
      const end = pair.indexOf('=');
      if (end === -1) return pair;
      const name = decoded(pair.slice(0, end)).toLowerCase();
      const isCredential = names.has(name) || CREDENTIAL_PARAMETER.test(name.replace(/[^a-z0-9]/g, ''));
      return isCredential ? `${pair.slice(0, end)}=${REDACTED_PARAMETER}` : pair;
    })
    .join('');
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

function redactJson(text: string, places: readonly (readonly string[])[]): Redacted | null {
  try {
    const box = { root: JSON.parse(text) as unknown };
    if (!redactIn(box, places)) return { text, changed: false };
    // Read again with numbers as they were written: 1.0 stays 1.0, and an id of 20 digits keeps them.
    box.root = parseExactly(text);
    redactIn(box, places);
    return { text: JSON.stringify(box.root), changed: true };
  } catch {
    return null; // no JSON, or nested so deeply that nobody can look into it
  }
}

type Box = Record<string, unknown>;

function redactIn(box: Box, places: readonly (readonly string[])[]): boolean {
  let changed = redactCredentials(box.root);
  for (const place of places) changed = redactPlace(box, ['root', ...place], 0) || changed;
  return changed;
}

function redactCredentials(value: unknown): boolean {
  if (!isBox(value)) return false;
  let changed = false;
  for (const name of Object.keys(value)) {
    const inner = value[name];
    if (!Array.isArray(value) && credentialField.test(name)) changed = blankTexts(value, name) || changed;
    else if (isBox(inner)) changed = redactCredentials(inner) || changed;
  }
  return changed;
}

function blankTexts(holder: Box, name: string): boolean {
  const value = holder[name];
  if (typeof value === 'string') {
    holder[name] = REDACTED;
    return value !== REDACTED;
  }
  if (!isBox(value)) return false;
  return Object.keys(value).reduce((changed, key) => blankTexts(value, key) || changed, false);
}

function redactPlace(holder: Box, place: readonly string[], depth: number): boolean {
  const step = place[depth];
  if (step === undefined) return false;
  let changed = false;
  for (const name of step === '*' ? Object.keys(holder) : [step]) {
    if (!Object.hasOwn(holder, name)) continue;
    const inner = holder[name];
    if (depth === place.length - 1) {
      holder[name] = blank(inner);
      changed = true;
    } else if (isBox(inner)) changed = redactPlace(inner, place, depth + 1) || changed;
  }
  return changed;
}

/** The same shape with nothing in it. */
function blank(value: unknown): unknown {
  if (typeof value === 'string') return REDACTED;
  if (typeof value === 'number' || isRawNumber(value)) return 0;
  if (typeof value === 'boolean') return false;
  if (Array.isArray(value)) return value.map(blank);
  if (isBox(value)) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, blank(inner)]));
  return null;
}

function isBox(value: unknown): value is Box {
  return typeof value === 'object' && value !== null && !isRawNumber(value);
}

/** ECMAScript's "JSON.parse source text access", which the language's types do not have yet. */
interface SourceJson {
  parse(
    text: string,
    revive: (name: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
}
const sourceJson = JSON as unknown as SourceJson;

function parseExactly(text: string): unknown {
  return sourceJson.parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? sourceJson.rawJSON(source) : value,
  );
}

function isRawNumber(value: unknown): boolean {
  return sourceJson.isRawJSON(value);
}
