import type { Candidate, RollbackRequest, RolloutRequest } from '@sluice/sdk';
import { outcomeOf } from './answered.ts';
import { accepted, goingBack, refused } from './answers.ts';
import type { End, Machine } from './machine.ts';
import { beginRollback } from './rolling-back.ts';
import { goBack, plain } from './rolling-out.ts';
import { ended, type Step, stay } from './steps.ts';

/** Rollouts that may wait for their turn. */
export const LONGEST_QUEUE = 100;

/** One id is one rollout, however often it is asked for. */
export function askRollout(machine: Machine, request: RolloutRequest, at: number): Step {
  const { mode, queue } = machine;
  const outcome = outcomeOf(machine, request.id);
  if (outcome !== null) return stay(machine, accepted(outcome));
  if (isKnown(machine, request.id)) return stay(machine, accepted());
  if (request.decidedAt <= machine.horizon) {
    return stay(
      machine,
      refused('it was decided so long ago that this endpoint may have done it already; decide anew'),
    );
  }
  if (mode.kind === 'unowned') return stay(machine, refused(`nobody can say what should serve: ${mode.why}`));
  const busy = mode.kind !== 'steady' || queue.length > 0;
  if (busy && request.onBusy === 'reject') {
    const what =
      mode.kind === 'rolling-out' ? mode.request.id : mode.kind === 'rolling-back' ? 'a rollback' : 'another';
    return stay(machine, refused(`${what} is under way`));
  }
  if (busy && request.onBusy === 'supersede') return supersede(machine, request, at);
  if (queue.length >= LONGEST_QUEUE) return stay(machine, refused(`${queue.length} rollouts are waiting already`));
  return stay({ ...machine, queue: [...queue, request] }, accepted());
}

function isKnown({ mode, queue }: Machine, id: string): boolean {
  if (mode.kind === 'rolling-out' && (mode.request.id === id || mode.owed.some((end) => end.id === id))) return true;
  if (mode.kind === 'rolling-back' && mode.ends.some((end) => end.id === id)) return true;
  return queue.some((waiting) => waiting.id === id);
}

function supersede(machine: Machine, request: RolloutRequest, at: number): Step {
  let next: Machine = { ...machine, queue: [request] };
  for (const waiting of machine.queue) {
    const outcome = {
      ...plain(waiting, machine.stable?.digest ?? null, at),
      state: 'superseded',
      reason: `superseded by ${request.id} before it began`,
    } as const;
    next = ended(next, outcome, waiting);
  }
  if (next.mode.kind !== 'rolling-out') return stay(next, accepted());
  return { ...goBack(next, next.mode, 'superseded', `superseded by ${request.id}`), answer: accepted() };
}

/** Its run was cancelled: a rollout that waits is dropped, one under way goes back. */
export function withdraw(machine: Machine, id: string, at: number): Step {
  const { mode } = machine;
  const reason = 'its run was cancelled';
  if (mode.kind === 'rolling-out' && mode.request.id === id) return goBack(machine, mode, 'withdrawn', reason);
  const waiting = machine.queue.find((request) => request.id === id);
  if (waiting === undefined) return stay(machine);
  const outcome = { ...plain(waiting, machine.stable?.digest ?? null, at), state: 'withdrawn', reason } as const;
  const queue = machine.queue.filter((request) => request.id !== id);
  return stay(ended({ ...machine, queue }, outcome, waiting));
}

/** Back to a former version. A request names what it leaves, so asked for twice it is done once. */
export function askRollback(machine: Machine, request: RollbackRequest, at: number): Step {
  const { mode, stable } = machine;
  const { from, to } = request;
  if (to === from) return stay(machine, refused(`it leaves ${from} for the same version`));
  if (mode.kind === 'rolling-back' && mode.from?.id === from) {
    return stay(machine, goingBack(mode.ends.at(-1)?.id ?? null, mode.to?.id ?? null));
  }
  if (mode.kind === 'rolling-out' && mode.request.candidate.id === from) {
    const goal = to === undefined ? mode.backTo : goalOf(machine, to);
    if (goal === undefined) return stay(machine, refused(noGoal(machine, to)));
    const step = goBack(machine, { ...mode, backTo: goal }, 'rolled-back', reasonOf(request));
    return { ...step, answer: goingBack(mode.request.id, goal?.id ?? null) };
  }
  if (mode.kind === 'unowned') return takeOwnership(machine, request, at);
  if (mode.kind === 'steady' && stable !== null && stable.id === from) {
    const goal = to === undefined ? machine.formers[0] : goalOf(machine, to);
    if (goal === undefined || goal === null) return stay(machine, refused(noGoal(machine, to)));
    const step = beginRollback(machine, stable, goal, [endOf(request, stable, goal, at)]);
    return { ...step, answer: goingBack(request.id, goal.id) };
  }
  const done = machine.left.find((one) => one.version === from);
  if (done !== undefined) return stay(machine, goingBack(done.outcomeId, done.to));
  if (mode.kind !== 'steady' && stable?.id === from) {
    return stay(machine, refused(`${nameOf(machine)} is under way over ${from}: leave that version first`));
  }
  return stay(machine, refused(`${from} does not serve here; ${stable?.id ?? 'nothing'} does`));
}

function nameOf({ mode }: Machine): string {
  if (mode.kind === 'rolling-out') return `the rollout of ${mode.request.candidate.id}`;
  return mode.kind === 'rolling-back' ? `a rollback from ${mode.from?.id ?? 'nothing'}` : 'adoption';
}

/** Null is no goal by itself: it can only be where a rollout came from. */
function goalOf(machine: Machine, to: string) {
  if (machine.stable?.id === to) return machine.stable;
  return machine.formers.find(({ id }) => id === to);
}

function noGoal({ formers }: Machine, to: string | undefined): string {
  if (formers.length === 0) return 'there is no earlier version to go back to';
  return `${to} is no former stable version that was good to the end; there is ${formers.map(({ id }) => id).join(', ')}`;
}

/** A person says which version it is. */
function takeOwnership(machine: Machine, request: RollbackRequest, at: number): Step {
  const { mode, formers } = machine;
  if (mode.kind !== 'unowned') return stay(machine);
  const choice = [...mode.known, ...formers].filter((one, i, all) => all.findIndex(({ id }) => id === one.id) === i);
  const goal = choice.find(({ id }) => id === request.to);
  if (goal === undefined) {
    const names = choice.map(({ id }) => id).join(', ') || 'none';
    return stay(machine, refused(`nobody can say what should serve (${mode.why}): name it by "to"; there is ${names}`));
  }
  const from = choice.find(({ id }) => id === request.from && id !== goal.id) ?? null;
  const ends = from === null ? [] : [endOf(request, from, goal, at)];
  const step = beginRollback(machine, from, goal, ends);
  return { ...step, answer: goingBack(ends.length === 0 ? null : request.id, goal.id) };
}

function endOf(request: RollbackRequest, from: Candidate, goal: Candidate, at: number): End {
  return {
    id: request.id,
    candidate: from,
    previous: goal.digest,
    state: 'rolled-back',
    reason: reasonOf(request),
    startedAt: at,
    firstBadAt: null,
    evidence: [],
    replyTo: null,
    decidedAt: at,
  };
}

function reasonOf(request: RollbackRequest): string {
  return `rolled back by ${request.by}${request.reason ? `: ${request.reason}` : ''}`;
}
