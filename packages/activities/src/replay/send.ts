import type { Redactor } from '@sluice/sdk/redact';
import { exchange, NoAnswer } from '../serving/http-exchange.ts';
import type { KeptConnections } from '../serving/kept-connections.ts';
import type { SupervisedServer } from '../serving/supervised-server.ts';
import type { WholeRequest } from './captured.ts';
import { type ShapeDifference, shapeDifferences } from './same-shape.ts';

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
      headers: request.headers,
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

/** In what an answer will not do where the old version's did. */
export interface Worse {
  readonly why: string;
  /** How it differs in shape; null where it fails in another way: its status, or nobody can read it. */
  readonly shape: ReadonlyMap<string, ShapeDifference> | null;
}

/** In what the new version's answer will not do where the old one's did; null when it will. */
export function worseIn(old: Answer, now: Answer): Worse | null {
  if (now.status === null || old.status === null) return { why: now.problem ?? 'no whole answer', shape: null };
  if (Math.floor(now.status / 100) > Math.floor(old.status / 100)) {
    return { why: `status ${now.status}, was ${old.status}`, shape: null };
  }
  if (old.body.length > 0 && now.body.length === 0) return { why: 'the answer is empty', shape: null };
  if (now.body.equals(old.body)) return null;
  const before = jsonOf(old.body);
  if (before === undefined) return null;
  const after = jsonOf(now.body);
  if (after === undefined) return { why: 'the answer is not JSON any more', shape: null };
  const shape = shapeDifferences(before, after);
  const [first] = shape.values();
  return first === undefined ? null : { why: first.why, shape };
}

/** Why the new version's answer will not do where the old one's did; null when it will. */
export function whyWorse(old: Answer, now: Answer): string | null {
  return worseIn(old, now)?.why ?? null;
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

/** Undefined for what is no JSON. */
export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
