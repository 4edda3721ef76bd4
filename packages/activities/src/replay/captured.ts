/** A captured request, as far as replaying needs it. */
export interface CapturedRequest {
  /** Its own among all captured ones; the caller's id may repeat. */
  readonly id: string;
  readonly at: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null when it was left out, because it had to be redacted and could not be read. */
  readonly body: Buffer | null;
  readonly status: number;
}

/** One that can be sent again. */
export type WholeRequest = CapturedRequest & { readonly body: Buffer };

/** One line of JSON as a captured request; null when it is none. */
export function parseCaptured(line: string): CapturedRequest | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const { id, at, method, path, headers, body, bodyBase64, bodyLeftOut, status } = parsed as Record<string, unknown>;
  const time = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  const known =
    typeof id === 'string' &&
    typeof method === 'string' &&
    typeof path === 'string' &&
    path.startsWith('/') &&
    typeof status === 'number' &&
    Number.isFinite(time) &&
    (body === undefined || typeof body === 'string') &&
    (bodyBase64 === undefined || typeof bodyBase64 === 'string');
  if (!known) return null;
  const bytes = bodyBase64 === undefined ? Buffer.from(body ?? '', 'utf8') : Buffer.from(bodyBase64, 'base64');
  return { id, at: time, method, path, headers: textsOf(headers), body: bodyLeftOut === true ? null : bytes, status };
}

function textsOf(headers: unknown): Record<string, string> {
  if (typeof headers !== 'object' || headers === null) return {};
  const entries = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
}
