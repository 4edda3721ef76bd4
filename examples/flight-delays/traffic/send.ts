import { setTimeout as delay } from 'node:timers/promises';
import type { DelayRequest } from './requests.ts';

export interface TrafficOptions {
  /** Where requests go, `<gateway>/flight-delays/invocations`. */
  readonly url: string;
  /** Sent in turn, from the start again after the last one. */
  readonly requests: readonly DelayRequest[];
  /** Requests a second, whether or not earlier ones have been answered. */
  readonly rate: number;
  /** Ends the traffic; answers under way are still counted. */
  readonly signal: AbortSignal;
  /** Stop after so many requests. @default none */
  readonly limit?: number;
  /** Milliseconds a request may take. @default 10 000 */
  readonly timeout?: number;
  /** Called for every answer, with its status (0 for none), its headers and how long it took in ms. */
  readonly onAnswer?: (answer: Answer) => void;
}

export interface Answer {
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly ms: number;
  readonly headers: Headers | null;
  /** Why no answer came. */
  readonly error: string | null;
}

export interface TrafficReport {
  readonly sent: number;
  readonly ok: number;
  /** Answers by status; `0` counts requests without an answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Of the answered requests, ms; null where there were none. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number } | null;
}

/** Sends requests at a steady rate until `signal` aborts, and says how they were answered. */
export async function sendTraffic(options: TrafficOptions): Promise<TrafficReport> {
  const statuses: Record<string, number> = {};
  const latencies: number[] = [];
  const open = new Set<Promise<void>>();
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const start = performance.now();
  let sent = 0;
  while (sent < limit && options.requests.length > 0) {
    const wait = start + (sent * 1000) / options.rate - performance.now();
    if (wait > 0) await delay(wait, undefined, { signal: options.signal }).catch(() => {});
    if (options.signal.aborted) break;
    const request = options.requests[sent % options.requests.length] as DelayRequest;
    sent++;
    const answered: Promise<void> = ask(options.url, request, options.timeout ?? 10_000).then((answer) => {
      open.delete(answered);
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      if (answer.status > 0) latencies.push(answer.ms);
      options.onAnswer?.(answer);
    });
    open.add(answered);
  }
  await Promise.all(open);
  return { sent, ok: statuses['200'] ?? 0, statuses, latency: summary(latencies) };
}

async function ask(url: string, request: DelayRequest, timeout: number): Promise<Answer> {
  const start = performance.now();
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(timeout),
    });
    await response.arrayBuffer();
    return { status: response.status, ms: performance.now() - start, headers: response.headers, error: null };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { status: 0, ms: performance.now() - start, headers: null, error: String(cause) };
  }
}

function summary(latencies: number[]): TrafficReport['latency'] {
  if (latencies.length === 0) return null;
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
