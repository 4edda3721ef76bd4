import { setTimeout as delay } from 'node:timers/promises';
import { MlflowRefused, MlflowUnreachable } from './errors.ts';
import { publicUrl } from './public-url.ts';

/** Value of the `authorization` header; asked for at every attempt, so that tokens may expire. */
export type MlflowAuth = () => string | null | Promise<string | null>;

export interface MlflowConnection {
  /** Tracking server, `https://host/prefix`; `user:password@` in it becomes basic authentication. */
  readonly url: string;
  /** @default the global `fetch` */
  readonly fetch?: typeof globalThis.fetch;
  /** @default what {@link authFromEnvironment} finds */
  readonly auth?: MlflowAuth;
  /** A line for each failed attempt. */
  readonly log?: (line: string) => void;
  /** Attempts at one request. @default 6, over about six seconds */
  readonly attempts?: number;
  /** Of one attempt, ms. @default 30000 */
  readonly timeout?: number;
  /** First wait between attempts, ms; it doubles. @default 200 */
  readonly backoff?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Attempts at this request, where fewer (or more) than the connection's make sense. */
  readonly attempts?: number;
}

/** One request to `/api/2.0/mlflow/<route>`: `query` of a GET, JSON body of anything else. */
export type MlflowCall = <T>(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  route: string,
  fields: Readonly<Record<string, unknown>>,
  options?: CallOptions,
) => Promise<T>;

const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Requests with bounded retries.
 *
 * @throws MlflowUnreachable when the attempts are spent, MlflowRefused when trying again cannot help
 */
export function mlflowCall(connection: MlflowConnection): MlflowCall {
  const { base, credentials } = splitCredentials(connection.url);
  const send = connection.fetch ?? globalThis.fetch;
  const auth = connection.auth ?? (credentials === null ? authFromEnvironment() : () => credentials);
  const log = connection.log ?? (() => {});
  return async function call<T>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    route: string,
    fields: Readonly<Record<string, unknown>>,
    options: CallOptions = {},
  ): Promise<T> {
    const where = `${base}/api/2.0/mlflow/${route}`;
    const attempts = options.attempts ?? connection.attempts ?? 6;
    let wait = connection.backoff ?? 200;
    for (let attempt = 1; ; attempt += 1) {
      options.signal?.throwIfAborted();
      const answer = await once(send, method, where, fields, auth, connection.timeout ?? 30_000, options.signal);
      if (answer.kind === 'done') return answer.body as T;
      if (answer.kind === 'refused') throw answer.error;
      if (attempt >= attempts) {
        throw new MlflowUnreachable(`MLflow at ${base} does not answer: ${answer.why} (${attempt} attempts).`, {
          where,
          attempts: attempt,
          cause: answer.cause,
        });
      }
      const pause = Math.min(answer.after ?? wait * (0.5 + Math.random() / 2), 10_000);
      log(`MLflow at ${base}: ${answer.why}; attempt ${attempt + 1} of ${attempts} in ${(pause / 1000).toFixed(1)} s`);
      await delay(pause, undefined, options.signal ? { signal: options.signal } : {});
      wait *= 2;
    }
  };
}

type Answer =
  | { readonly kind: 'done'; readonly body: unknown }
  | { readonly kind: 'refused'; readonly error: MlflowRefused }
  | { readonly kind: 'again'; readonly why: string; readonly after?: number; readonly cause?: unknown };

async function once(
  send: typeof globalThis.fetch,
  method: string,
  where: string,
  fields: Readonly<Record<string, unknown>>,
  auth: MlflowAuth,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const authorization = await auth();
  const limit = AbortSignal.timeout(timeout);
  const url = method === 'GET' ? `${where}?${queryOf(fields)}` : where;
  try {
    const response = await send(url, {
      method,
      // A redirected POST would silently become a GET.
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      headers: {
        accept: 'application/json',
        ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
        ...(authorization === null ? {} : { authorization }),
      },
      ...(method === 'GET' ? {} : { body: JSON.stringify(fields) }),
    });
    return judge(response, await response.text(), where);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    return { kind: 'again', why: limit.aborted ? `no answer within ${timeout / 1000} s` : reasonOf(cause), cause };
  }
}

/** Whether an answer is done, refused, or worth asking again. */
export function judge(response: Response, text: string, where: string): Answer {
  const body = parse(text);
  const { status } = response;
  if (response.ok && body !== null) return { kind: 'done', body };
  const said = body ?? {};
  const errorCode = typeof said.error_code === 'string' ? said.error_code : `HTTP_${status}`;
  const message = typeof said.message === 'string' ? said.message : text.trim().slice(0, 500);
  if (TRANSIENT.has(status) || errorCode === 'TEMPORARILY_UNAVAILABLE' || errorCode === 'REQUEST_LIMIT_EXCEEDED') {
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    const why = `HTTP ${status}${message ? ` (${message.slice(0, 200)})` : ''}`;
    return { kind: 'again', why, ...(seconds >= 0 ? { after: seconds * 1000 } : {}) };
  }
  // Two calls wrote one row at once, and the other one was faster; it is there when this one looks again.
  if (/^\(\S*(IntegrityError\) UNIQUE|UniqueViolation\))/.test(message))
    return { kind: 'again', why: message.slice(0, 200) };
  const fix = adviceFor(status, message, typeof said.error_code === 'string', response.headers.get('location'), where);
  const what = response.ok ? 'answered, but not as MLflow does' : `refused: ${message || `HTTP ${status}`}`;
  return {
    kind: 'refused',
    error: new MlflowRefused(`MLflow ${what}`, { status, errorCode, where, ...(fix === null ? {} : { fix }) }),
  };
}

function adviceFor(
  status: number,
  message: string,
  isMlflow: boolean,
  location: string | null,
  where: string,
): string | null {
  const { host } = new URL(where);
  if (status === 403 && message.startsWith('Invalid Host header')) {
    const name = host.replace(/:\d+$/, '');
    return `The server does not accept requests for the host "${host}". Start it with --allowed-hosts "${host},${name}" (or MLFLOW_SERVER_ALLOWED_HOSTS); names must match exactly, with and without the port.`;
  }
  if (status === 401 || status === 403) {
    return 'Set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, where the worker runs.';
  }
  if (status >= 300 && status < 400) return `It points to ${location ?? 'another address'}: use that as mlflow.url.`;
  if (!isMlflow) {
    return 'Check mlflow.url in sluice.config.ts: something else answers there, such as a login page or another service.';
  }
  return null;
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function queryOf(fields: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(fields)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null) query.append(key, String(item));
    }
  }
  return query.toString();
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  const { code } = cause as NodeJS.ErrnoException;
  return code ?? (cause.message || cause.name);
}

/** `fetch` refuses URLs with credentials, so they go into a header. */
export function splitCredentials(text: string): { base: string; credentials: string | null } {
  const { username, password } = new URL(text);
  const base = publicUrl(text);
  if (username === '' && password === '') return { base, credentials: null };
  return { base, credentials: basic(decodeURIComponent(username), decodeURIComponent(password)) };
}

/** The variables that MLflow's own clients read: `MLFLOW_TRACKING_TOKEN`, or `…_USERNAME` and `…_PASSWORD`. */
export function authFromEnvironment(env: NodeJS.ProcessEnv = process.env): MlflowAuth {
  return () => {
    const { MLFLOW_TRACKING_USERNAME: name, MLFLOW_TRACKING_PASSWORD: password, MLFLOW_TRACKING_TOKEN: token } = env;
    if (name && password) return basic(name, password);
    return token ? `Bearer ${token}` : null;
  };
}

function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`, 'utf8').toString('base64')}`;
}
