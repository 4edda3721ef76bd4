import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { isUnreachable } from '../run/temporal-call.ts';
import { diff } from './diff.ts';
import type { FollowEvent } from './events.ts';
import { Lookout, NoWorker } from './look.ts';
import type { Snapshot } from './snapshot.ts';

export interface FollowOptions {
  readonly client: Client;
  readonly workflowId: string;
  /** Folder of the project. @default null: no `sluice dev` is asked for code that it put aside */
  readonly root?: string | null;
  /** Address of the server, for the wait while it is away. */
  readonly address: string;
  readonly onEvent: (event: FollowEvent) => void;
  /** Called with every look, for live displays. */
  readonly onSnapshot?: (snapshot: Snapshot) => void;
  /** Says when enough was seen. @default when the run has ended */
  readonly until?: (snapshot: Snapshot) => boolean;
  readonly signal?: AbortSignal;
  /** A look taken before: only what came after it is told. */
  readonly since?: Snapshot;
  /** Time between looks, ms. @default 500 */
  readonly interval?: number;
}

interface Away {
  readonly what: 'server' | 'worker';
  readonly since: number;
  told: number;
}

/**
 * Tells what happens in a run until it ends, or until `until` says so. A server or a worker that is away is waited
 * for, and the wait is told.
 *
 * @returns the last look; null when `signal` broke it off before the first.
 */
export async function followRun(options: FollowOptions): Promise<Snapshot | null> {
  const { onEvent, signal } = options;
  const until = options.until ?? (() => false);
  const lookout = new Lookout(options.client, options.workflowId, options.root ?? null);
  let former: Snapshot | null = options.since ?? null;
  let away = null as Away | null;
  while (!signal?.aborted) {
    try {
      const next = await lookout.look();
      if (away !== null) {
        if (away.told > 0) onEvent({ at: next.at, type: 'back', what: away.what });
        away = null;
      }
      for (const event of diff(former, next)) onEvent(event);
      options.onSnapshot?.(next);
      former = next;
      if (next.closed !== null || until(next)) return next;
    } catch (error) {
      const what = error instanceof NoWorker ? 'worker' : isUnreachable(error) ? 'server' : null;
      if (what === null) throw error;
      const now = Date.now();
      if (away?.what !== what) away = { what, since: now, told: 0 };
      const sinceMs = now - away.since;
      if (sinceMs >= 2000 && now - away.told >= 5000) {
        away.told = now;
        const failure = error instanceof NoWorker ? error.failure : null;
        onEvent({ at: now, type: 'waiting', what, address: options.address, sinceMs, failure });
      }
    }
    await pause(options.interval ?? 500, signal);
  }
  return former;
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch {
    // Broken off: the loop sees it.
  }
}
