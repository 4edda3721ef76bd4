import type { Evidence, Reaction, SluiceActivities, Verdict, WatchInput, WatchOutcome } from '@sluice/sdk';
import { describeError, worstOf } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { type ActivityScope, activityScope, alive, pause, unlessAborted } from '../serving/activity-scope.ts';
import { type Health, measureHealth, type PhaseMemory } from './measure-health.ts';
import { type Target, targetOf } from './target.ts';

/** Milliseconds without a single measurement after which the phase ends in error, whatever `onError` says. */
export const BLIND_LIMIT = 300_000;
const ROWS = 20;

/**
 * Watches the candidate through one phase: measures every `interval`, ends the phase at once when it must end, and
 * otherwise when its time is up. It never throws but for cancellation: what it cannot see is a verdict too.
 */
export function watchTrafficActivity(context: ActivityContext): SluiceActivities['watchTraffic'] {
  return (input) => watchTraffic(targetOf(context, input.endpoint), input, activityScope());
}

export async function watchTraffic(target: Target, input: WatchInput, scope: ActivityScope): Promise<WatchOutcome> {
  const { interval } = input.spec.health;
  const memory: PhaseMemory = { ...remembered(scope.former), earlier: undefined, lastLook: input.since };
  const streaks: Streaks = {
    fail: 0,
    error: 0,
    seenAt: Date.now(),
    measured: false,
    blind: blindness(scope.former, input),
  };
  const told = (more: object) => {
    const { firstBadAt, restarts } = memory;
    const { seenAt, blind } = streaks;
    return { phase: input.phase, firstBadAt, restarts, seenAt, blind, ...more };
  };
  let beat = told({});
  for (;;) {
    const health = await alive(scope, () => unlessAborted(scope.signal, look(target, input, memory)), beat);
    count(streaks, health.verdict, interval);
    const outcome = decide(input, health, streaks, Date.now());
    if (outcome !== null) {
      const firstBadAt = outcome.verdict === 'pass' ? null : memory.firstBadAt;
      return { ...outcome, evidence: health.evidence.slice(0, ROWS), firstBadAt, memory: null, moved: false };
    }
    beat = told({ verdict: health.verdict, elapsed: Date.now() - input.since });
    await pause(scope, untilNextLook(input, interval), beat);
  }
}

/** What a watcher that was lost had seen: a candidate that crashed meanwhile is not taken for one that never did. */
function remembered(former: unknown): Pick<PhaseMemory, 'firstBadAt' | 'restarts'> {
  const { firstBadAt, restarts } = (former ?? {}) as Record<string, unknown>;
  return {
    firstBadAt: typeof firstBadAt === 'number' ? firstBadAt : null,
    restarts: typeof restarts === 'number' ? restarts : null,
  };
}

/** Measurements in a row that ended badly; a pass ends the row, too little data does not. */
interface Streaks {
  fail: number;
  error: number;
  /** Epoch ms of the last measurement that could be made. */
  seenAt: number;
  /** Was there one in this phase? */
  measured: boolean;
  /** Milliseconds of this phase in which none could be made: they are not the candidate's fault. */
  blind: number;
}

async function look(target: Target, input: WatchInput, memory: PhaseMemory): Promise<Health> {
  try {
    return await measureHealth(target, input, memory);
  } catch (error) {
    const note = describeError(error);
    const row: Evidence = { metric: 'measurement', slice: input.phase, verdict: 'error', value: null, note };
    return { verdict: 'error', evidence: [row], fatal: false };
  }
}

/** Milliseconds before this watcher in which nobody looked: it took over from a lost one, or was itself late. */
function blindness(former: unknown, { since }: WatchInput): number {
  const { seenAt, blind } = (former ?? {}) as Record<string, unknown>;
  const gap = Math.max(0, Date.now() - (typeof seenAt === 'number' ? seenAt : since));
  return gap + (typeof blind === 'number' ? blind : 0);
}

function count(streaks: Streaks, verdict: Verdict, interval: number): void {
  if (verdict === 'pass') streaks.fail = 0;
  if (verdict === 'fail') streaks.fail += 1;
  if (verdict === 'error') streaks.error += 1;
  else {
    const gap = Date.now() - streaks.seenAt;
    if (streaks.error > 0) streaks.blind += Math.max(0, gap - interval);
    streaks.error = 0;
    streaks.seenAt = Date.now();
    streaks.measured = true;
  }
}

type Decision = Pick<WatchOutcome, 'verdict' | 'reason'>;

/** The end of the phase, or null while it goes on. */
function decide(input: WatchInput, health: Health, streaks: Streaks, now: number): Decision | null {
  const { health: policy } = input.spec;
  const held = now >= input.since + input.hold;
  const over = now >= input.since + input.hold + input.extend + streaks.blind;
  switch (health.verdict) {
    case 'pass':
      return held ? { verdict: 'pass', reason: null } : null;
    case 'fail':
      if (policy.onFail === 'rollback' && (health.fatal || streaks.fail >= policy.consecutive)) {
        return ended('fail', input, health, streaks.fail > 1 ? `${streaks.fail} measurements in a row` : null);
      }
      // A row of failures that is not long enough yet is waited out by those who roll back on it.
      return policy.onFail === 'rollback' ? null : react(policy.onFail, 'fail', input, health, held, over);
    case 'inconclusive':
      // The first version of an endpoint takes no one's traffic away; silence must not keep it out.
      if (input.stable === null && held) return { verdict: 'pass', reason: 'too little traffic to judge it by' };
      return react(policy.onInconclusive, 'inconclusive', input, health, held, over);
    case 'error':
      if (
        now - streaks.seenAt >= BLIND_LIMIT ||
        (policy.onError === 'rollback' && streaks.error >= policy.consecutive)
      ) {
        return ended('error', input, health, null);
      }
      if (policy.onError === 'rollback') return null;
      // A phase of which nothing was ever seen is no pass, whatever is only a warning.
      return react(streaks.measured ? policy.onError : 'extend', 'error', input, health, held, over);
  }
}

/** What a measurement other than a pass does to the phase, by the policy's word for it. */
function react(
  reaction: Reaction,
  verdict: Verdict,
  input: WatchInput,
  health: Health,
  held: boolean,
  over: boolean,
): Decision | null {
  switch (reaction) {
    case 'warn':
      return held ? { verdict: 'pass', reason: `warning only: ${sentence(health)}` } : null;
    case 'rollback':
      return held ? ended(verdict, input, health, null) : null;
    case 'extend':
      return over ? ended(verdict, input, health, `after ${input.extend / 1000} s more than its time`) : null;
    case 'hold':
      return null;
  }
}

function ended(verdict: Verdict, input: WatchInput, health: Health, more: string | null): Decision {
  const reason = `${input.phase}: ${sentence(health)}${more === null ? '' : `, ${more}`}`;
  return { verdict, reason: reason.slice(0, 1000) };
}

/** The worst row in words: `error share is 0.31 (≤ 0.05; stable 0.01)`. */
function sentence({ evidence }: Health): string {
  const verdict = worstOf(evidence.map((row) => row.verdict));
  const row = evidence.find((one) => one.verdict === verdict);
  if (row === undefined) return 'nothing was measured';
  const facts = [row.threshold, row.baseline == null ? undefined : `stable ${round(row.baseline)}`, row.note];
  const inside = facts.filter((fact) => fact !== undefined).join('; ');
  return `${row.metric}${row.value === null ? '' : ` is ${round(row.value)}`}${inside === '' ? '' : ` (${inside})`}`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Milliseconds to the next look: an interval, or less where the phase's time ends before. */
function untilNextLook(input: WatchInput, interval: number): number {
  const now = Date.now();
  const ends = [input.since + input.hold, input.since + input.hold + input.extend].filter((end) => end > now);
  return Math.max(50, Math.min(interval, ...ends.map((end) => end - now)));
}
