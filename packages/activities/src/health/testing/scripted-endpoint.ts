import {
  canary,
  type Measurement,
  type RolloutOptions,
  type VersionHealth,
  type VersionTraffic,
  type WatchInput,
} from '@sluice/sdk';
import type { Target } from '../../rollout/target.ts';
import type { Clock } from '../watch-traffic.ts';
import { EDGES } from './latency-model.ts';

export const START = 1_800_000_000_000;

/** What a version answered in one second. */
export interface Second {
  readonly good?: number;
  readonly bad?: number;
  readonly refused?: number;
  readonly aborted?: number;
  /** ms of every answer. */
  readonly latency?: number;
  /** Name of the one caller who sent all of it. */
  readonly caller?: string;
}

/** What happens in a second since {@link START} (below 0: before the rollout); `null` for a gateway that is down. */
export interface Script {
  readonly stable?: (second: number) => Second;
  readonly candidate?: (second: number) => Second;
  readonly shadow?: (second: number) => Second & { readonly worse?: number };
  readonly state?: (second: number) => Partial<VersionHealth> | null;
  readonly stableState?: (second: number) => Partial<VersionHealth>;
  readonly weights?: (second: number) => Measurement['weights'];
  readonly down?: (second: number) => boolean;
  readonly noLease?: (second: number) => boolean;
  readonly lapsed?: (second: number) => boolean;
}

export interface ScriptedEndpoint {
  readonly target: Target;
  readonly clock: Clock;
  readonly asked: { readonly since: number; readonly until: number | undefined }[];
  readonly renewals: number[];
  skip(seconds: number): void;
}

/** A target in virtual time that does second by second what the script says. */
export function scripted(script: Script): ScriptedEndpoint {
  let now = START;
  const asked: { since: number; until: number | undefined }[] = [];
  const renewals: number[] = [];
  const at = () => Math.floor((now - START) / 1000);
  const target: Target = {
    start: async () => ({ ready: true, reason: null, restarts: 0 }),
    traffic: async () => ({ refused: null, at: now }),
    stop: async () => {},
    observe: async () => null,
    captured: async function* () {},
    shadowed: async function* () {},
    renew: async () => {
      if (script.noLease?.(at()) === true) throw new Error('there is no lease');
      renewals.push(now);
      return script.lapsed?.(at()) !== true;
    },
    measure: async (_, { since, until }) => {
      if (script.down?.(at()) === true) throw new Error('the gateway is down');
      asked.push({ since, until });
      const end = Math.min(until ?? now, Math.floor(now / 1000) * 1000);
      const seconds = range((since - START) / 1000, (end - START) / 1000);
      const state = script.state === undefined ? {} : script.state(at());
      const version = { id: 'v2', digest: 'd', state: 'ready', restarts: 0, lastError: null, ...state } as const;
      return {
        now,
        since,
        until: Math.max(since, end),
        versions: {
          v1: sum(seconds, script.stable ?? (() => ({ good: 100 }))),
          v2: sum(seconds, script.candidate ?? (() => ({}))),
        },
        shadow: script.shadow === undefined ? {} : { v2: copies(seconds, script.shadow) },
        states: {
          v1: { id: 'v1', digest: 's', state: 'ready', restarts: 0, lastError: null, ...script.stableState?.(at()) },
          ...(state === null ? {} : { v2: version }),
        },
        weights: script.weights?.(at()) ?? { v1: 95, v2: 5 },
        mirror: null,
      };
    },
  };
  return {
    target,
    asked,
    renewals,
    skip: (seconds) => {
      now += seconds * 1000;
    },
    clock: {
      now: () => now,
      pause: async (scope, milliseconds, details) => {
        scope.signal.throwIfAborted();
        scope.heartbeat(details);
        now += milliseconds;
      },
    },
  };
}

export function watchInput(more: Partial<WatchInput> & { health?: RolloutOptions['health'] } = {}): WatchInput {
  const { health, ...rest } = more;
  return {
    endpoint: 'demo',
    candidate: 'v2',
    stable: 'v1',
    spec: canary([5], health === undefined ? {} : { health }),
    phase: 'canary 5 %',
    since: START,
    hold: 60_000,
    extend: 60_000,
    weights: { v1: 95, v2: 5 },
    restarts: 0,
    memory: null,
    ...rest,
  };
}

/** One version's traffic, for a judge without a watcher. */
export function traffic(seconds: readonly Second[], firstErrorAt: number | null = null): VersionTraffic {
  const counts = new Array<number>(EDGES.length + 1).fill(0);
  const total = { good: 0, bad: 0, refused: 0, aborted: 0 };
  const callers: Record<string, { requests: number; errors: number; refused: number; aborted: number }> = {};
  for (const { good = 0, bad = 0, refused = 0, aborted = 0, latency = 10, caller } of seconds) {
    const requests = good + bad + refused;
    const place = EDGES.findIndex((edge) => latency <= edge);
    counts[place] = (counts[place] ?? 0) + requests;
    total.good += good;
    total.bad += bad;
    total.refused += refused;
    total.aborted += aborted;
    if (caller === undefined) continue;
    const one = callers[caller] ?? { requests: 0, errors: 0, refused: 0, aborted: 0 };
    callers[caller] = {
      requests: one.requests + requests,
      errors: one.errors + bad,
      refused: one.refused + refused,
      aborted: one.aborted + aborted,
    };
  }
  return {
    requests: total.good + total.bad + total.refused,
    errors: total.bad,
    byStatus: { '2xx': total.good, '4xx': total.refused, '5xx': total.bad },
    transport: 0,
    deadline: 0,
    aborted: total.aborted,
    latency: { edges: EDGES, counts },
    callers,
    firstErrorAt,
  };
}

function sum(seconds: readonly number[], what: (second: number) => Second): VersionTraffic {
  const first = seconds.find((second) => (what(second).bad ?? 0) > 0);
  return traffic(seconds.map(what), first === undefined ? null : START + first * 1000 + 7);
}

function copies(seconds: readonly number[], what: NonNullable<Script['shadow']>) {
  const all = sum(seconds, what);
  const worse = seconds.reduce((total, second) => total + (what(second).worse ?? 0), 0);
  return { ...all, comparison: { compared: all.requests, worse } };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
