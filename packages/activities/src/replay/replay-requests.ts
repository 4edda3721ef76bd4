import type { Redactor } from '@sluice/sdk/redact';
import type { ActivityScope } from '../serving/activity-scope.ts';
import type { SupervisedServer } from '../serving/supervised-server.ts';
import type { WholeRequest } from './captured.ts';
import { answered, type Reply, send, whyWorse } from './send.ts';

/**
 * Stale: the old version fails it now. Regression: the old version answers it, the new one never does. Flaky: the new
 * one answers it sometimes. Unconfirmed: it failed once, and enough others were confirmed.
 */
export type Outcome = 'pass' | 'stale' | 'regression' | 'flaky' | 'unconfirmed';

export interface Replayed {
  readonly request: WholeRequest;
  readonly outcome: Outcome;
  readonly old: Reply;
  /** The new version's last answer that would not do; null for pass and stale. */
  readonly now: Reply | null;
  readonly why: string | null;
}

export interface ReplayOptions {
  readonly old: SupervisedServer;
  readonly fresh: SupervisedServer;
  /** Times a request must fail on the new version. */
  readonly confirm: number;
  /** Milliseconds for one answer. */
  readonly deadline: number;
  readonly redactor: Redactor;
  readonly scope: ActivityScope;
}

/** Requests under way at a time. */
const IN_FLIGHT = 8;
/** With this many regressions confirmed, and this many milliseconds spent on confirming, the rest is left. */
const ENOUGH = { regressions: 20, time: 60_000 };

/**
 * Sends every request to both versions. What fails on the new one is sent again, alone, so that a request is never
 * blamed for a server that another one brought down.
 */
export async function replayRequests(requests: readonly WholeRequest[], options: ReplayOptions): Promise<Replayed[]> {
  const results: Replayed[] = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    for (let i = next++; i < requests.length; i = next++) {
      const request = requests[i];
      if (request !== undefined) results[i] = await tryBoth(request, options);
      done += 1;
      options.scope.heartbeat({ requests: requests.length, done });
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, requests.length) }, work));
  const start = Date.now();
  let confirmed = 0;
  for (const [i, result] of results.entries()) {
    if (result.outcome !== 'unconfirmed') continue;
    if (confirmed >= ENOUGH.regressions && Date.now() - start > ENOUGH.time) break;
    const again = await confirmAlone(result, options);
    if (again.outcome === 'regression') confirmed += 1;
    results[i] = again;
  }
  return results;
}

async function tryBoth(
  request: WholeRequest,
  { old, fresh, deadline, redactor, scope }: ReplayOptions,
): Promise<Replayed> {
  scope.signal.throwIfAborted();
  const limits = { deadline, redactor, signal: scope.signal };
  const before = await send(old, request, limits);
  if (!answered(before)) return { request, outcome: 'stale', old: before, now: null, why: null };
  const now = await send(fresh, request, limits);
  const why = whyWorse(before, now);
  if (why === null) return { request, outcome: 'pass', old: before, now: null, why: null };
  return { request, outcome: 'unconfirmed', old: before, now, why };
}

async function confirmAlone(
  first: Replayed,
  { fresh, confirm, deadline, redactor, scope }: ReplayOptions,
): Promise<Replayed> {
  let last = first;
  for (let failures = 1; failures < confirm; failures += 1) {
    scope.signal.throwIfAborted();
    scope.heartbeat();
    const now = await send(fresh, first.request, { deadline, redactor, signal: scope.signal });
    const why = whyWorse(first.old, now);
    if (why === null) return { ...last, outcome: 'flaky' };
    last = { ...last, now, why };
  }
  return { ...last, outcome: 'regression' };
}
