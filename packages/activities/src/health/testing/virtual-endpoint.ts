import {
  BAKE,
  type CallerTraffic,
  type Measurement,
  type RolloutSpec,
  type VersionHealth,
  type VersionTraffic,
  type WatchInput,
  type WatchOutcome,
  type Weights,
} from '@sluice/sdk';
import type { Target } from '../../rollout/target.ts';
import { type Clock, watchTraffic } from '../watch-traffic.ts';
import { type Draws, draws } from './draws.ts';
import { EDGES, type LatencyModel } from './latency-model.ts';

/** What a version does with a request, as probabilities; one of a request that is neither is answered well. */
export interface Behaviour {
  readonly errors: number;
  readonly refused: number;
  readonly aborted: number;
  readonly latency: LatencyModel;
}

/** Requests per second, and what becomes of them `seconds` after the rollout began (before it: below 0). */
export interface World {
  readonly rate: number;
  behaviour(version: 'stable' | 'candidate', seconds: number, share: number): Behaviour;
  /** Callers with a sticky key, who send equal shares; `errors` of one replaces that of the version. Empty: no keys. */
  readonly callers?: readonly { readonly errors?: number }[];
}

/** An endpoint in virtual time: its seconds are drawn once, so whoever asks again gets the same. */
export interface VirtualEndpoint {
  readonly target: Target;
  readonly clock: Clock & { advance(milliseconds: number): void };
  set(weights: Weights): void;
  /** Epoch ms of the first bad answer that the candidate gave: error, refusal, abort or one over `slowMs`. */
  firstBad(): number | null;
  readonly health: { candidate: VersionHealth };
}

/** Steps that may be asked for again. */
const KEPT = 20;

export const START = 1_800_000_000_000;

/** @param slowMs an answer over so many ms is a bad one, @param badFrom nothing is before this second */
export function virtualEndpoint(
  world: World,
  seed: number | string,
  slowMs = Number.POSITIVE_INFINITY,
  badFrom = 0,
): VirtualEndpoint {
  const random = draws(seed);
  const homes = (world.callers ?? []).map(() => random.uniform());
  const seen = new Map<string, Measurement['versions']>();
  const health = {
    candidate: { id: 'v2', digest: 'sha256:2', state: 'ready', restarts: 0, lastError: null } as VersionHealth,
  };
  let now = START;
  let weights: Weights = { v1: 100 };
  let firstBad: number | null = null;

  function drawn(since: number, until: number): Measurement['versions'] {
    const key = `${since}-${until}`;
    const known = seen.get(key);
    if (known !== undefined) return known;
    const total = Object.values(weights).reduce((sum, one) => sum + one, 0);
    const share = until <= START ? 0 : (weights.v2 ?? 0) / total;
    const versions: Record<string, VersionTraffic> = {};
    // Long windows are drawn in parts, because the world moves.
    const parts = Math.max(1, Math.round((until - since) / 60_000));
    for (const [id, name, of] of [
      ['v1', 'stable', 1 - share],
      ['v2', 'candidate', share],
    ] as const) {
      if (of <= 0) continue;
      const traffic = emptyTraffic();
      for (let part = 0; part < parts; part += 1) {
        const length = (until - since) / parts;
        const at = since + part * length;
        const behaviour = world.behaviour(name, (at + length / 2 - START) / 1000, share);
        const bad = addTraffic(traffic, world, homes, behaviour, name, share, length / 1000, random, slowMs);
        if (bad && name === 'candidate' && firstBad === null && at >= START + badFrom * 1000)
          firstBad = at + random.uniform() * length;
      }
      if (traffic.errors > 0 && traffic.firstErrorAt === null) traffic.firstErrorAt = since;
      versions[id] = traffic;
    }
    seen.set(key, versions);
    // A watcher that takes over asks for a few steps again.
    if (seen.size > KEPT) seen.delete(seen.keys().next().value ?? '');
    return versions;
  }

  return {
    health,
    clock: {
      now: () => now,
      advance: (milliseconds) => {
        now += milliseconds;
      },
      pause: async (scope, milliseconds, details) => {
        scope.signal.throwIfAborted();
        scope.heartbeat(details);
        now += milliseconds;
      },
    },
    set: (next) => {
      weights = next;
    },
    firstBad: () => firstBad,
    target: {
      start: async () => ({ ready: true, reason: null, restarts: 0 }),
      traffic: async () => ({ at: now, refused: null }),
      observe: async () => null,
      captured: async function* () {},
      shadowed: async function* () {},
      renew: async () => true,
      stop: async () => {},
      measure: async (_, { since, until = now }) => {
        const complete = Math.floor((now - 200) / 1000) * 1000;
        const end = Math.min(until, complete);
        const states = { v2: health.candidate };
        // Of a step that is not complete yet a watcher counts nothing, so it need not be drawn.
        const whole = end === until || end - since > 60_000;
        const versions = whole && end > since ? drawn(since, end) : {};
        return { now, since, until: Math.max(since, end), versions, shadow: {}, states, weights, mirror: null };
      },
    },
  };
}

type Mutable<Of> = { -readonly [Name in keyof Of]: Of[Name] };
type Draft = Mutable<VersionTraffic> & {
  byStatus: Record<string, number>;
  callers: Record<string, Mutable<CallerTraffic>>;
  latency: { edges: readonly number[]; counts: number[] };
};

function emptyTraffic(): Draft {
  return {
    requests: 0,
    errors: 0,
    byStatus: { '2xx': 0, '4xx': 0, '5xx': 0 },
    transport: 0,
    deadline: 0,
    aborted: 0,
    latency: { edges: EDGES, counts: new Array<number>(EDGES.length + 1).fill(0) },
    callers: {},
    firstErrorAt: null,
  };
}

/** Adds some seconds to `traffic`; true when one of the answers was bad. */
function addTraffic(
  traffic: Draft,
  world: World,
  homes: readonly number[],
  behaviour: Behaviour,
  name: 'stable' | 'candidate',
  share: number,
  seconds: number,
  random: Draws,
  slowMs: number,
): boolean {
  const groups = world.callers === undefined ? null : world.callers;
  let answered = 0;
  let bad = false;
  const add = (sent: number, errorShare: number, caller: string | null) => {
    const aborted = random.binomial(sent, behaviour.aborted);
    const requests = sent - aborted;
    const errors = random.binomial(requests, errorShare);
    const refused = random.binomial(requests - errors, behaviour.refused);
    traffic.requests += requests;
    traffic.aborted += aborted;
    traffic.errors += errors;
    traffic.byStatus['5xx'] = (traffic.byStatus['5xx'] ?? 0) + errors;
    traffic.byStatus['4xx'] = (traffic.byStatus['4xx'] ?? 0) + refused;
    traffic.byStatus['2xx'] = (traffic.byStatus['2xx'] ?? 0) + requests - errors - refused;
    answered += requests;
    if (errors + aborted + refused > 0) bad = true;
    if (caller === null) return;
    const before = traffic.callers[caller] ?? { requests: 0, errors: 0, refused: 0, aborted: 0 };
    before.requests += requests;
    before.errors += errors;
    before.refused += refused;
    before.aborted += aborted;
    traffic.callers[caller] = before;
  };
  if (groups === null) {
    const part = name === 'candidate' ? share : 1 - share;
    add(random.poisson(world.rate * part * seconds), behaviour.errors, null);
  } else {
    groups.forEach(({ errors = behaviour.errors }, i) => {
      const mine = (homes[i] ?? 0) < share ? 'candidate' : 'stable';
      if (mine === name) add(random.poisson((world.rate * seconds) / groups.length), errors, String(i));
    });
  }
  const { places, shares } = behaviour.latency;
  random.multinomial(answered, shares).forEach((count, i) => {
    const place = places[i] ?? 0;
    traffic.latency.counts[place] = (traffic.latency.counts[place] ?? 0) + count;
    if (count > 0 && (EDGES[place] ?? Number.POSITIVE_INFINITY) > slowMs) bad = true;
  });
  return bad;
}

export interface VirtualOutcome {
  readonly verdict: 'deployed' | 'rolled-back';
  readonly reason: string | null;
  /** Seconds from the first bad answer of the candidate to the watcher's verdict; null when there was none. */
  readonly took: number | null;
  /** Seconds that the whole rollout took. */
  readonly lasted: number;
  readonly outcome: WatchOutcome;
}

export interface VirtualPhase {
  readonly name: string;
  readonly share: number;
  readonly hold: number;
}

export function phasesOf(spec: RolloutSpec): VirtualPhase[] {
  const steps = spec.steps.map((share) => ({ name: `${spec.kind} ${share} %`, share, hold: spec.hold }));
  return [...steps, { name: BAKE, share: 100 - spec.control, hold: spec.bake }];
}

/**
 * A whole rollout by the real watcher and judge.
 *
 * @param lostAt second at which the watcher's worker is lost; another one goes on 15 s later from its last heartbeat
 */
export async function virtualRollout(
  endpoint: VirtualEndpoint,
  spec: RolloutSpec,
  lostAt?: number,
): Promise<VirtualOutcome> {
  let memory: WatchOutcome['memory'] = null;
  let outcome: WatchOutcome | null = null;
  for (const { name, share, hold } of phasesOf(spec)) {
    const weights = { v1: 100 - share, v2: share };
    endpoint.set(weights);
    const who = { endpoint: 'shop', candidate: 'v2', stable: 'v1', restarts: 0 };
    const phase = { ...who, spec, phase: name, hold, extend: spec.extend };
    outcome = await watched(endpoint, { ...phase, since: endpoint.clock.now(), weights, memory }, lostAt);
    memory = outcome.memory;
    if (outcome.verdict !== 'pass') break;
  }
  if (outcome === null) throw new TypeError('A rollout has at least one phase.');
  const bad = endpoint.firstBad();
  const now = endpoint.clock.now();
  return {
    verdict: outcome.verdict === 'pass' ? 'deployed' : 'rolled-back',
    reason: outcome.reason,
    took: bad === null ? null : (now - bad) / 1000,
    lasted: (now - START) / 1000,
    outcome,
  };
}

async function watched({ target, clock }: VirtualEndpoint, input: WatchInput, lostAt?: number): Promise<WatchOutcome> {
  const lost = new AbortController();
  let last: unknown;
  const at =
    lostAt === undefined || clock.now() > START + lostAt * 1000 ? Number.POSITIVE_INFINITY : START + lostAt * 1000;
  const heartbeat = (beat: unknown) => {
    last = beat;
    if (clock.now() >= at) lost.abort(new Error('lost'));
  };
  try {
    return await watchTraffic(target, input, { signal: lost.signal, heartbeat }, clock);
  } catch (error) {
    if (!lost.signal.aborted) throw error;
    clock.advance(15_000);
    const former: unknown = JSON.parse(JSON.stringify(last));
    return watchTraffic(target, input, { signal: new AbortController().signal, heartbeat: () => {}, former }, clock);
  }
}
