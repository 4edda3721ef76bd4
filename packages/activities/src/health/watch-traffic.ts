import {
  describeError,
  type Evidence,
  type Json,
  type Measurement,
  SCRAPE,
  type SluiceActivities,
  type WatchInput,
  type WatchOutcome,
  worstOf,
} from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import type { Target } from '../rollout/target.ts';
import { targetOf } from '../rollout/target-of.ts';
import { type ActivityScope, activityScope, alive, pause, unlessAborted } from '../serving/activity-scope.ts';
import { firstBadSecond } from './first-bad-second.ts';
import { addLook, type Judgement, judge, newJudge } from './judge.ts';
import { type PhaseState, phaseEnd } from './phase-end.ts';
import { besideTraffic, hung, isSilent, processState, SILENT_LOOKS } from './process-state.ts';
import { worstFirst } from './rows.ts';
import { sameShares, told } from './shares.ts';
import { type Beat, carriedOver, lastBeat, newWatchMemory, type WatchMemory } from './watch-memory.ts';

/** Milliseconds before a rollout from which the stable version's record is taken; as far as a target remembers. */
export const RECORD = 840_000;
/** Looks in a row that see other weights than the phase's before it ends: one may be in the middle of a change. */
const MOVED_LOOKS = 2;
const ROWS = 20;
/** Milliseconds after which a second is usually counted; it is asked for again until it is. */
const COUNTED = 300;
const LEAST_PAUSE = 250;

/** Time, as a watcher needs it. */
export interface Clock {
  now(): number;
  pause(scope: ActivityScope, milliseconds: number, details: unknown): Promise<void>;
}

const realClock: Clock = { now: Date.now, pause };

/**
 * Watches the candidate through one phase: looks every `interval`, renews the lease, ends the phase at once when it must
 * end, and otherwise when its time is up. It never throws but for cancellation: what it cannot see is a verdict too.
 */
export function watchTrafficActivity(context: ActivityContext): SluiceActivities['watchTraffic'] {
  return (input) => watchTraffic(targetOf(context, input.endpoint), input, activityScope());
}

export async function watchTraffic(
  target: Target,
  input: WatchInput,
  scope: ActivityScope,
  clock: Clock = realClock,
): Promise<WatchOutcome> {
  const { interval } = input.spec.health;
  const former = lastBeat(scope.former, input);
  let memory = former?.memory ?? carriedOver(input.memory, input);
  let state: PhaseState = firstState(former, input, clock.now());
  let elsewhere = 0;
  const beat = (): Beat => {
    const { seenAt, blind, measured } = state;
    return { phase: input.phase, memory, seenAt, blind, measured };
  };
  for (;;) {
    const look = await alive(scope, () => unlessAborted(scope.signal, lookAt(target, input, memory)), beat());
    memory = look.memory ?? memory;
    state = counted(state, look, interval, clock.now());
    const found = state.silent < SILENT_LOOKS ? look : hungLook(look, state.silent);
    if (look.weights !== null) {
      elsewhere = !look.lapsed && sameShares(look.weights, input.weights) ? 0 : elsewhere + 1;
    }
    const moved = elsewhere >= MOVED_LOOKS;
    const end = moved ? { verdict: 'error' as const, reason: movedTo(input, look) } : phaseEnd(input, found, state);
    if (end !== null) {
      const bad = end.verdict === 'pass' ? null : look.firstBadAt;
      const firstBadAt = memory === null || bad === null ? bad : await firstBadSecond(target, input, memory, look);
      const evidence = found.evidence.slice(0, ROWS);
      // Plain JSON by construction; TypeScript cannot see that of an interface.
      return { ...end, evidence, firstBadAt, memory: memory as unknown as Json, moved };
    }
    await clock.pause(scope, untilNextLook(input, memory, clock.now()), beat());
  }
}

interface LookResult extends Judgement {
  /** Null when it could not be measured. */
  readonly memory: WatchMemory | null;
  readonly weights: Measurement['weights'] | null;
  /** The split has no lease any more: the data plane has gone back by itself, or somebody else set traffic. */
  readonly lapsed: boolean;
  /** No sign of life of the candidate's process at this look. */
  readonly silent: boolean;
}

function hungLook(look: LookResult, looks: number): LookResult {
  return { ...look, verdict: 'fail', doubt: null, evidence: worstFirst(hung(look.evidence, looks)) };
}

/** One look: everything since the last one, second by second in steps of `interval`, and how the process is. */
async function lookAt(target: Target, input: WatchInput, former: WatchMemory | null): Promise<LookResult> {
  try {
    // Whoever looks renews, even where there is nothing to see.
    const renewed = input.stable === null ? null : settled(target.renew(input.endpoint));
    const begun = former ?? newWatchMemory(input, newJudge(await recordOf(target, input), input.spec.health));
    const { memory, last } = await catchUp(target, input, begun);
    const judgement = judgementOf(memory, last, input);
    const next = { ...memory, restarts: restartsBefore(memory, last, input.candidate) };
    const silent = isSilent(last, input.candidate, input.stable);
    const { problem, lapsed } = (await renewed) ?? { problem: null, lapsed: false };
    // A candidate that is surely bad is bad whatever becomes of the lease.
    if (problem === null || judgement.verdict === 'fail' || !sameShares(last.weights, input.weights)) {
      return { ...judgement, memory: next, weights: last.weights, silent, lapsed };
    }
    return { ...unmeasured(input, problem), memory: next, weights: last.weights, silent, lapsed };
  } catch (error) {
    return { ...unmeasured(input, describeError(error)), memory: null, weights: null, silent: false, lapsed: false };
  }
}

/** Counts whole steps only, so that a watcher who comes later counts just as this one does. */
async function catchUp(
  target: Target,
  input: WatchInput,
  former: WatchMemory,
): Promise<{ memory: WatchMemory; last: Measurement }> {
  const step = stepOf(input);
  let memory = former;
  for (;;) {
    const since = memory.countedUntil;
    const last = await target.measure(input.endpoint, { since, until: since + step });
    if (last.until < since + step) return { memory, last };
    const { phase, candidate, stable, spec } = input;
    const look = { phase, candidate, stable, policy: spec.health, measured: last };
    memory = { ...memory, countedUntil: last.until, judge: addLook(memory.judge, look) };
    if (last.now < last.until + step + SCRAPE) return { memory, last };
  }
}

function judgementOf(memory: WatchMemory, last: Measurement, input: WatchInput): Judgement {
  const known = last.states[input.candidate];
  const state = processState(input.candidate, known, restartsBefore(memory, last, input.candidate) ?? 0);
  const traffic = judge(memory.judge, input.spec.health);
  const row = besideTraffic(state, traffic.verdict === 'pass');
  const evidence = worstFirst([row, ...traffic.evidence].map((one) => ({ ...one, slice: input.phase })));
  const verdict = worstOf([row.verdict, traffic.verdict]);
  const doubt = verdict !== 'inconclusive' ? null : state.unsettled ? 'suspected' : traffic.doubt;
  return { ...traffic, verdict, doubt, evidence };
}

/** Restarts that are not the rollout's. A data plane that was itself started again counts from 0. */
function restartsBefore({ restarts }: WatchMemory, { states }: Measurement, candidate: string): number | null {
  const now = states[candidate]?.restarts ?? null;
  return restarts === null || now === null ? (restarts ?? now) : Math.min(restarts, now);
}

function unmeasured(input: WatchInput, note: string): Judgement {
  const row: Evidence = { metric: 'measurement', slice: input.phase, verdict: 'error', value: null, note };
  return { verdict: 'error', doubt: null, evidence: [row], firstBadAt: null, failed: null };
}

/** The stable version's traffic before the rollout: what its callers got, how fast, how often it erred. */
async function recordOf(target: Target, { endpoint, stable, since }: WatchInput) {
  if (stable === null) return null;
  const before = await target.measure(endpoint, { since: since - RECORD, until: since });
  return before.versions[stable] ?? null;
}

/** What was wrong with a renewal, and whether there was nothing left to renew. */
async function settled(work: Promise<boolean>): Promise<{ problem: string | null; lapsed: boolean }> {
  try {
    return { problem: null, lapsed: !(await work) };
  } catch (error) {
    return { problem: describeError(error), lapsed: false };
  }
}

function movedTo(input: WatchInput, { weights, lapsed }: LookResult): string {
  const what = lapsed ? 'its lease ran out, or somebody else set the traffic' : 'traffic was moved';
  return `${input.phase}: ${what}: ${told(weights ?? {})}`;
}

function firstState(former: Beat | null, { since, watchedUntil = since }: WatchInput, now: number): PhaseState {
  const blind = former === null ? Math.max(0, now - watchedUntil) : former.blind + Math.max(0, now - former.seenAt);
  return { now, errors: 0, silent: 0, seenAt: now, measured: former?.measured ?? false, blind };
}

function counted(
  before: PhaseState,
  { verdict, silent: quiet }: LookResult,
  interval: number,
  now: number,
): PhaseState {
  const silent = quiet ? before.silent + 1 : 0;
  if (verdict === 'error') return { ...before, now, silent, errors: before.errors + 1 };
  const missed = before.errors > 0 ? Math.max(0, now - before.seenAt - interval) : 0;
  return { now, errors: 0, silent, seenAt: now, measured: true, blind: before.blind + missed };
}

/** Milliseconds to the next look: when the next step should be counted, or less where the phase's time ends before. */
function untilNextLook(input: WatchInput, memory: WatchMemory | null, now: number): number {
  const { interval } = input.spec.health;
  const counted = memory === null ? interval : memory.countedUntil + stepOf(input) + COUNTED - now;
  const ends = [input.since + input.hold, input.since + input.hold + input.extend].filter((end) => end > now);
  return Math.max(LEAST_PAUSE, Math.min(interval, counted, ...ends.map((end) => end - now)));
}

/** Whole seconds that a look counts together. */
function stepOf({ spec }: WatchInput): number {
  return Math.max(1, Math.round(spec.health.interval / 1000)) * 1000;
}
