import type { Redactor } from '@sluice/sdk/redact';
import { exchange, NoAnswer } from '../serving/http-exchange.ts';
import type { KeptConnections } from '../serving/kept-connections.ts';
import type { SupervisedServer } from '../serving/supervised-server.ts';
import type { WholeRequest } from './captured.ts';
import { shapeDifference } from './same-shape.ts';

/** What a version made of a request. */
export interface Answer {
  /** Null when no whole answer came in time. */
  readonly status: number | null;
  readonly body: Buffer;
  /** Why there is no whole answer. */
  readonly problem: string | null;
}

/** An answer as far as it is kept. */
export interface Reply {
  readonly status: number | null;
  /** The answer, redacted and cut; or why there is none. */
  readonly text: string;
}

/** Bytes of an answer that is read; a longer one has failed. */
export const MOST_ANSWER = 16 * 1024 * 1024;
/** Characters of an answer that are kept. */
const KEPT = 300;
const nothing = Buffer.alloc(0);
/** Headers that belong to one connection, or to the gateway; and one after which nobody here could read the answer. */
const DROPPED =
  /^(host|connection|content-length|transfer-encoding|keep-alive|te|trailer|upgrade|expect|accept-encoding|x-sluice-.*)$/;

export interface SendOptions {
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** To be used again. @default a connection of its own for each */
  readonly connections?: KeptConnections;
}

/** Sends a captured request again. Never throws but for cancellation. */
export async function send(server: SupervisedServer, request: WholeRequest, options: SendOptions): Promise<Answer> {
  const { connections, signal, deadline } = options;
  const { url } = await server.current();
  const { restarts } = server;
  try {
    const { status, body } = await (connections?.exchange ?? exchange)({
      url: url + request.path,
      method: request.method,
      headers: headersOf(request),
      timeout: deadline,
      most: MOST_ANSWER,
      signal,
      ...(request.body.length > 0 || request.method !== 'GET' ? { body: request.body } : {}),
    });
    return { status, body, problem: null };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NoAnswer && error.kind === 'transport') {
      await server.settle();
      // A server that is still there may have closed a connection that nobody used for a while.
      const there = (await server.current()).url === url && server.restarts === restarts;
      if (error.reused && there) return send(server, request, { deadline, signal });
    }
    return { status: null, body: nothing, problem: (error as Error).message };
  }
}

/** Did the old version answer it, now? */
export function answered({ status }: Answer): boolean {
  return status !== null && status < 400;
}

/** Why the new version's answer will not do where the old one's did; null when it will. */
export function whyWorse(old: Answer, now: Answer): string | null {
  if (now.status === null || old.status === null) return now.problem ?? 'no whole answer';
  if (Math.floor(now.status / 100) > Math.floor(old.status / 100)) return `status ${now.status}, was ${old.status}`;
  if (old.body.length > 0 && now.body.length === 0) return 'the answer is empty';
  if (now.body.equals(old.body)) return null;
  const before = jsonOf(old.body);
  if (before === undefined) return null;
  const after = jsonOf(now.body);
  return after === undefined
    ? 'the answer is not JSON any more'
    : (shapeDifference(before, after)?.slice(0, KEPT) ?? null);
}

/** Redacted whole, then cut: of a part of it nobody could tell what it is. */
export function replyOf({ status, body, problem }: Answer, redactor: Redactor): Reply {
  if (problem !== null) return { status, text: problem };
  const text = redactor.json(body.toString('utf8'))?.text.slice(0, KEPT) ?? '(left out: it cannot be redacted)';
  return { status, text };
}

/** Why in short, for a place where no answer may be quoted, not even the names of its fields. */
export function whyInShort(old: Reply | null, now: Reply | null): string {
  if (now === null || now.status === null) return 'no whole answer';
  if (now.status !== old?.status) return `status ${now.status}, was ${old?.status ?? 'none'}`;
  return `status ${now.status} as before, in another shape`;
}

function headersOf({ headers }: WholeRequest): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !DROPPED.test(name));
  return { ...Object.fromEntries(kept), 'x-sluice-replay': '1' };
}

/** Undefined for what is no JSON. */
export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
