import type { Redactor } from '@sluice/sdk/redact';
import { exchange, NoAnswer } from '../serving/http-exchange.ts';
import type { SupervisedServer } from '../serving/supervised-server.ts';
import type { WholeRequest } from './captured.ts';
import { shapeDifference } from './same-shape.ts';

/** What a version made of a request. */
export interface Reply {
  /** Null when no whole answer came in time. */
  readonly status: number | null;
  /** The answer, redacted and cut; or why there is none. */
  readonly text: string;
  /** The parsed body; undefined when it is not JSON. */
  readonly json: unknown;
}

/** Characters of an answer that are kept. */
const KEPT = 300;
/** Headers that belong to one connection, or to the gateway. */
const DROPPED = /^(host|connection|content-length|transfer-encoding|keep-alive|te|trailer|upgrade|expect|x-sluice-.*)$/;

/** Sends a captured request again. Never throws but for cancellation. */
export async function send(
  server: SupervisedServer,
  request: WholeRequest,
  options: { readonly deadline: number; readonly signal: AbortSignal; readonly redactor: Redactor },
): Promise<Reply> {
  const { url } = await server.current();
  try {
    const { status, body } = await exchange({
      url: url + request.path,
      method: request.method,
      headers: headersOf(request),
      timeout: options.deadline,
      signal: options.signal,
      ...(request.body.length > 0 || request.method !== 'GET' ? { body: request.body } : {}),
    });
    return { status, text: shown(body, options.redactor), json: parse(body) };
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof NoAnswer)) return { status: null, text: (error as Error).message, json: undefined };
    if (error.kind === 'transport') await server.settle();
    return { status: null, text: error.message, json: undefined };
  }
}

/** Did the old version answer it, now? */
export function answered(reply: Reply): boolean {
  return reply.status !== null && reply.status < 400;
}

/** Why the new version's answer will not do where the old one's did; null when it will. */
export function whyWorse(old: Reply, now: Reply): string | null {
  if (now.status === null || old.status === null) return now.text;
  if (Math.floor(now.status / 100) > Math.floor(old.status / 100)) return `status ${now.status}, was ${old.status}`;
  if (old.json === undefined) return null;
  return now.json === undefined ? 'the answer is not JSON any more' : shapeDifference(old.json, now.json);
}

/** Of the whole answer: of a part of it nobody could tell what it is. */
function shown(body: Buffer, redactor: Redactor): string {
  return redactor.json(body.toString('utf8'))?.text.slice(0, KEPT) ?? '(left out: it cannot be redacted)';
}

function headersOf({ headers }: WholeRequest): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !DROPPED.test(name));
  return { ...Object.fromEntries(kept), 'x-sluice-replay': '1' };
}

/** The same for a place where no answer may be quoted, not even the names of its fields. */
export function whyInShort(old: Reply, now: Reply | null): string {
  if (now === null || now.status === null) return 'no whole answer';
  if (now.status !== old.status) return `status ${now.status}, was ${old.status}`;
  return `status ${now.status} as before, in another shape`;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
