import type { Duration } from './duration.ts';

/** What is replaced before a captured request is written. Adds to what always is: see `docs/gateway.md`, Captures. */
export interface Redaction {
  /** Names of request and answer headers that are left out, in any case. */
  readonly headers?: readonly string[];
  /** Names of query parameters, and of fields of `application/x-www-form-urlencoded` bodies, in any case. */
  readonly query?: readonly string[];
  /**
   * Places in JSON bodies, of requests and answers: `user.email`, `dataframe_records.*.name`,
   * `dataframe_split.data.*.3`. `*` is every field or item, a number one item of a list.
   */
  readonly json?: readonly string[];
}

/** What an endpoint keeps of answered requests, for replay. */
export interface CaptureConfig {
  /** Percent of answered requests. @default 100 */
  readonly percent?: number;
  /** What is left out besides what always is. @default none */
  readonly redact?: Redaction;
  /** How long they are kept. @default '7 days' */
  readonly keep?: Duration;
  /** Bytes kept on disk; the oldest go first. @default 1 GiB */
  readonly maxBytes?: number;
}

/** The same as the gateway takes it: every endpoint's own. */
export interface CaptureSettings {
  /** Share of the answered requests that is captured, 0 to 100. */
  readonly percent: number;
  readonly redact?: Redaction;
  /** How long they are kept, ms. @default the gateway's, 7 days */
  readonly keepMs?: number;
  /** Bytes kept on disk. @default the gateway's, 1 GiB */
  readonly maxBytes?: number;
}

/** One captured request, as it is written and as `GET /endpoints/:e/requests` answers it: one line of JSON. */
export interface CaptureLine {
  /** Its own; callers may repeat theirs. */
  readonly id: string;
  /** ISO time of arrival. */
  readonly at: string;
  /** What the answer carried as `x-sluice-request-id`: the caller's own where it sent one. */
  readonly requestId: string;
  readonly endpoint: string;
  readonly method: string;
  /** The model server's path, with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The request's body when it is UTF-8 (empty included). */
  readonly body?: string;
  /** The request's body when it is not UTF-8. */
  readonly bodyBase64?: string;
  /** The request's body had to be redacted and could not be read, so it is not here. */
  readonly bodyLeftOut?: true;
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody?: string;
  readonly responseBase64?: string;
  readonly responseLeftOut?: true;
  /** The answer was longer than 256 KiB and is cut here. */
  readonly truncated: boolean;
  readonly latencyMs: number;
  readonly version: string;
  readonly digest: string;
}

/**
 * What is kept of a shadow's answer, as `GET /endpoints/:e/shadow` answers it: the request as captured, with what the shadow
 * answered to its copy. `at` is when that answer was whole; `version` and `digest` are the shadow's.
 */
export interface ShadowLine extends CaptureLine {
  /** Why the answer is not here, and with `status` and `size` the request neither. */
  readonly unkept?: UnkeptAnswer;
}

/** `status`: it was not 2xx; `size`: longer than 256 KiB; `form`: no JSON object with a list of `predictions`. */
export type UnkeptAnswer = 'status' | 'size' | 'form';
