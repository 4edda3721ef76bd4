import type { Candidate, Ledger, Observation } from '@sluice/sdk';
import { ANSWERED, mergeAnswered, outcomeOf, REMEMBERED } from './answered.ts';
import type { End, Machine } from './machine.ts';
import { beginRollback, settleEnds, succeed } from './rolling-back.ts';
import { alarmed, enter, type Step } from './steps.ts';

/**
 * An endpoint without memory takes what it finds: the ledger's page, and what serves. A version that has all of the
 * traffic stays if it is, or was, a stable one; a split goes back to the stable version; what nobody can explain is
 * left as it is, and a person is told.
 */
export function adopt(machine: Machine, found: Observation, at: number): Step {
  const recalled = recall(machine, found);
  const serving = found.target === null ? [] : Object.keys(found.target.weights).filter((id) => shareOf(found, id) > 0);
  const weights = found.target?.weights ?? {};
  const ends = unfinished(machine, recalled, found.ledger?.page ?? null);
  const ending = new Set(ends.map(({ id }) => id));
  const queue = recalled.queue.filter(({ id }) => !ending.has(id));
  const known = { ...recalled, queue, seen: { weights, at } };
  const { stable } = known;
  const candidates = new Set(ends.map(({ candidate }) => candidate.id));
  const only = serving.length === 1 ? serving[0] : undefined;

  if (only !== undefined && only === stable?.id && found.target?.mirror === null) {
    return enter(settleEnds(known, ends, stable, at, at), { kind: 'steady', saving: true });
  }
  if (only !== undefined && !candidates.has(only) && !known.banned.includes(only)) {
    const version = found.known[only];
    // Once stable, or production by the registry, or the only one that anybody has ever seen here: it stays.
    const trusted = known.formers.some(({ id }) => id === only) || found.registry?.production?.id === only;
    if (version !== undefined && (trusted || (stable === null && (found.registry?.production ?? null) === null))) {
      const placed = succeed(demoted(known, stable), version);
      return enter(settleEnds(placed, ends, version, at, at), { kind: 'steady', saving: true });
    }
  }
  const goal = stable ?? found.registry?.production ?? null;
  const away =
    ends.at(-1)?.candidate ?? serving.flatMap((id) => found.known[id] ?? []).find(({ id }) => id !== goal?.id);
  if (goal !== null && (stable !== null || serving.length === 0 || serving.includes(goal.id))) {
    const why = serving.length === 0 ? 'nothing served' : `traffic was on ${serving.join(' and ')}`;
    return beginRollback(
      alarmed(known, `${why} when this endpoint was taken over: back to ${goal.id}`, at),
      away ?? null,
      goal,
      ends,
    );
  }
  if (serving.every((id) => candidates.has(id) || known.banned.includes(id))) {
    // Nothing was stable before: an empty endpoint, or a first version that was never confirmed or was taken off.
    if (serving.length > 0 || ends.length > 0) return beginRollback(known, away ?? null, null, ends);
    return enter(known, { kind: 'steady', saving: true });
  }
  const why = `traffic is on ${serving.join(' and ')}, and ${found.registry === null ? 'no registry or ledger' : 'neither ledger nor registry'} says which of them is right`;
  return enter(alarmed(known, why, at), {
    kind: 'unowned',
    why,
    known: serving.flatMap((id) => found.known[id] ?? []),
  });
}

function shareOf(found: Observation, id: string): number {
  return found.target?.weights[id] ?? 0;
}

/** What the ledger says and this execution does not know; where both speak, the ledger was written later or is the same. */
function recall(machine: Machine, { ledger, registry }: Observation): Machine {
  // The registry knows of one version to go back to, and not of one that was rolled back.
  const previous = machine.formers.length === 0 ? (registry?.previous ?? null) : null;
  if (ledger === null) return previous === null ? machine : { ...machine, formers: [previous] };
  const { seq, page } = ledger;
  const answered = mergeAnswered(machine.answered, page.answered).slice(-ANSWERED);
  const history = [...machine.history.filter(({ id }) => !page.history.some((one) => one.id === id)), ...page.history];
  const recalled: Machine = {
    ...machine,
    seq,
    stable: page.stable,
    formers: page.formers,
    banned: page.banned,
    left: page.left,
    horizon: Math.max(machine.horizon, page.horizon),
    answered,
    history: history.slice(-REMEMBERED),
    chores: machine.chores.map((chore) => (chore.kind === 'reply' ? { ...chore, page: seq + 1 } : chore)),
  };
  return { ...recalled, queue: machine.queue.filter(({ id }) => outcomeOf(recalled, id) === null) };
}

/** A stable version that lost its traffic to a former one, without a word, was left: it is no goal of a rollback. */
function demoted(machine: Machine, stable: Candidate | null): Machine {
  if (stable === null) return machine;
  return { ...machine, stable: null, banned: [...machine.banned.filter((id) => id !== stable.id), stable.id] };
}

/** Rollouts and rollbacks that were under way, as this execution or the ledger knows them, and that have not ended. */
function unfinished({ mode }: Machine, recalled: Machine, page: Ledger | null): End[] {
  const interrupted = mode.kind === 'adopting' ? mode.interrupted : null;
  const ends = interrupted?.kind === 'rolling-back' ? [...interrupted.ends] : [];
  if (interrupted?.kind === 'rolling-out') ends.push(...interrupted.owed, endOf(recalled, interrupted));
  if (page?.underWay) ends.push(endOf(recalled, page.underWay));
  return ends.filter(
    (end, i) => outcomeOf(recalled, end.id) === null && ends.findIndex(({ id }) => id === end.id) === i,
  );
}

function endOf({ stable }: Machine, { request, startedAt }: NonNullable<Ledger['underWay']>): End {
  return {
    id: request.id,
    candidate: request.candidate,
    previous: stable?.digest ?? null,
    state: 'rolled-back',
    reason: 'its endpoint was terminated, reset or taken over while it was under way',
    startedAt,
    firstBadAt: null,
    evidence: [],
    replyTo: request.replyTo,
    decidedAt: request.decidedAt,
  };
}
