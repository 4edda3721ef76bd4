import type { EndpointState } from '@sluice/sdk';
import type { LoadCall } from '../stand/load.ts';
import type { Outage } from '../stand/part.ts';
import { type AcceptedRollback, type Ask, isFine, LEASE } from './lane.ts';
import type { OwnFault, SharedFault } from './plan.ts';
import { entries, reverts, servingAt, sharesBeforeAll, type TrafficAt, unowned } from './timeline.ts';

/** Milliseconds on top of the lease in which a gateway has gone back and was seen to, on a busy machine. */
const SLACK = 4000;
/** Milliseconds in which a change of traffic is seen. */
const LOOK = 200;
/** Milliseconds between the end of a rollout and the last look at which its candidate may still be seen. */
const SEEN_LATE = 1000;

/** What was seen of one rollout from outside, once its endpoint had come to rest. */
export interface Facts {
  readonly fault: OwnFault;
  /** In which that came. */
  readonly phase: string;
  readonly shared: SharedFault;
  readonly from: number;
  readonly to: number;
  readonly stableBefore: string | null;
  /** Null when its workflow was ended from outside and nobody has asked for anything since. */
  readonly state: EndpointState | null;
  /** Since `from`, with what was in force then. */
  readonly timeline: readonly TrafficAt[];
  /** Of the worker and of the Temporal server. */
  readonly outages: readonly Outage[];
  /** When processes that carry requests were killed or paused. */
  readonly hits: readonly number[];
  readonly asks: readonly Ask[];
  readonly rollbacks: readonly AcceptedRollback[];
  /** Versions that ended otherwise than deployed, or were left by a rollback, in all of the endpoint's life. */
  readonly rejected: ReadonlySet<string>;
  /** Requests to it that were sent and ended meanwhile. */
  readonly calls: readonly LoadCall[];
}

/** Longest time, ms, that a split lasted while the worker or the Temporal server did not work. */
export function unownedTime({ timeline, outages, to }: Facts): number {
  return unowned(timeline, outages, to);
}

/** Requests that failed, though they were neither under way at a hit nor sent to a bad version or to nobody. */
export function failuresBeyond({ calls, hits, asks, timeline, stableBefore }: Facts): LoadCall[] {
  // An endpoint that is empty answers nobody, before its first version and after one that was not good.
  const nobody = (at: number) => stableBefore === null && Object.keys(servingAt(timeline, at)).length === 0;
  const bad = new Set(asks.filter(({ kind }) => !isFine(kind)).map(({ request }) => request.candidate.id));
  return calls.filter(
    (call) =>
      call.status !== 200 &&
      !(call.version === null
        ? bad.size > 0 || nobody(call.sentAt) || nobody(call.endedAt + LOOK)
        : bad.has(call.version)) &&
      !hits.some((at) => call.sentAt <= at + 50 && call.endedAt >= at),
  );
}

/** Everything that does not hold, in sentences. */
export function problemsOf(facts: Facts): string[] {
  return [...servingProblems(facts), ...askProblems(facts), ...stepProblems(facts), ...ownerProblems(facts)];
}

function servingProblems({ state, timeline, stableBefore, asks, rollbacks, rejected }: Facts): string[] {
  const weights = timeline.at(-1)?.weights ?? {};
  const [serving = null, ...others] = Object.keys(weights);
  const problems: string[] = [];
  if (others.length > 0) problems.push(`traffic stays split: ${JSON.stringify(weights)}`);
  if (serving === null && stableBefore !== null) problems.push('nothing serves');
  if (state !== null && (state.stable?.id ?? null) !== serving) {
    problems.push(`traffic is on ${serving}, and the endpoint says ${state.stable?.id ?? 'none'} is stable`);
  }
  if (serving === null) return problems;
  const known = [stableBefore, ...asks.map(({ request }) => request.candidate.id), ...rollbacks.map(({ to }) => to)];
  if (!known.includes(serving)) problems.push(`${serving} serves, which nobody asked for`);
  if (rejected.has(serving)) problems.push(`${serving} serves, which was rolled back or not let in`);
  const goals = new Set(rollbacks.map(({ to }) => to));
  if (goals.size > 1) problems.push(`people who rolled back were told ${[...goals].join(' and ')}`);
  if (goals.size > 0 && !goals.has(serving)) problems.push(`${serving} serves, after a rollback to ${[...goals]}`);
  const ask = asks.find(({ request }) => request.candidate.id === serving);
  if (ask !== undefined && !isFine(ask.kind)) problems.push(`${serving} serves, which is bad: ${ask.kind}`);
  return problems;
}

function askProblems({ asks, state, timeline, rollbacks, fault, phase, shared }: Facts): string[] {
  const broken = fault === 'terminated' || fault === 'reset' || fault === 'cancelled' ? 1 : 0;
  const history = state?.history ?? [];
  const problems = asks.flatMap(({ request, outcome, refused, answers }) => {
    const { id, candidate } = request;
    const found: string[] = [];
    if (refused !== null && broken === 0) found.push(`${id} was refused: ${refused}`);
    if (outcome === null) return refused === null ? [`${id} is lost: it has no outcome`] : found;
    if (history.filter((one) => one.id === id).length > 1) found.push(`${id} has two outcomes`);
    const told = new Set([outcome, ...answers].map((one) => one.state));
    if (told.size > 1) found.push(`${id} was told ${[...told].join(' and ')}`);
    if (answers.length === 0 && broken === 0) found.push(`the run of ${id} was never told`);
    const came = entries(timeline, candidate.id);
    const most = 1 + reverts(timeline) + broken;
    if (came > most) found.push(`${id} was carried out ${came} times`);
    const late = timeline.find((one) => candidate.id in one.weights && one.at > outcome.endedAt + SEEN_LATE);
    if (outcome.state !== 'deployed' && late !== undefined) {
      found.push(`${id} ended ${outcome.state}, and its candidate got traffic ${late.at - outcome.endedAt} ms later`);
    }
    return found;
  });
  const stopped = (fault === 'withdrawn' || fault === 'cancelled') && shared === 'none';
  const inTime = phase === 'starting' || phase === 'shadow' || phase === 'canary';
  if (stopped && inTime && asks[0]?.outcome?.state === 'deployed') problems.push(`it was ${fault}, and deployed`);
  for (const { outcomeId, from } of rollbacks) {
    if (outcomeId === null || state === null || broken > 0) continue;
    if (!history.some(({ id }) => id === outcomeId)) problems.push(`the rollback from ${from} has no outcome`);
  }
  return problems;
}

/** A version that took all of the traffic from another one has gone through every step of its canary. */
function stepProblems({ asks, timeline, stableBefore, shared, fault }: Facts): string[] {
  // Nobody could look, or there was no version to protect.
  if (stableBefore === null || /host|everything/.test(shared) || fault.startsWith('stable server')) return [];
  return asks.flatMap(({ request: { id, candidate, spec }, outcome }) => {
    if (outcome?.state !== 'deployed') return [];
    const shares = sharesBeforeAll(timeline, candidate.id);
    const missed = [...spec.steps, 100 - spec.control].filter((step) => !shares.includes(step));
    return missed.length === 0
      ? []
      : [`${id} left out ${missed.join(' % and ')} %: its shares were ${shares.join(', ')}`];
  });
}

function ownerProblems(facts: Facts): string[] {
  const problems: string[] = [];
  const alone = unownedTime(facts);
  if (alone > LEASE + SLACK) problems.push(`a split had no owner for ${(alone / 1000).toFixed(1)} s`);
  const failed = failuresBeyond(facts);
  if (failed.length > 0 && callersAreSafe(facts)) {
    const [first] = failed;
    problems.push(
      `${failed.length} requests failed, the first by ${first?.status ?? first?.error} of ${first?.version}`,
    );
  }
  return problems;
}

/** Nothing that carries requests was hit, so none may fail. */
function callersAreSafe({ fault, shared }: Facts): boolean {
  return !/server|host|gateway worker paused|everything/.test(`${fault} ${shared}`);
}
