import type { Candidate, RolloutOutcome, RolloutRequest, ShadowOutcome } from '@sluice/sdk';
import type { End, Machine, Result, RollingOut } from './machine.ts';
import { allTo, phasesOf, weightsOf } from './phases.ts';
import { beginRollback, settleEnds, succeed } from './rolling-back.ts';
import { alarmed, ended, enter, keep, moveLimit, type Step, stay, takeStock, withChores } from './steps.ts';

/** The next of the queue, if its evidence is still about what serves; else it ends and everything stays as it is. */
export function beginRollout(
  machine: Machine,
  request: RolloutRequest,
  at: number,
  takesOver: { readonly to: Candidate | null; readonly ends: readonly End[] } | null = null,
): Step {
  const { stable } = machine;
  const { candidate } = request;
  const now = stable?.digest ?? null;
  if (takesOver === null && stable?.id === candidate.id) {
    const outcome = {
      ...plain(request, now, at),
      state: 'deployed',
      reason: 'it was the stable version already',
    } as const;
    return stay(ended(machine, outcome, request));
  }
  if (request.against !== undefined && request.against !== now && candidate.digest !== now) {
    const was = request.against === null ? 'an empty endpoint' : request.against.slice(0, 19);
    const reason = `it was decided against ${was}, and ${stable === null ? 'nothing' : now?.slice(0, 19)} serves now`;
    return stay(ended(machine, { ...plain(request, now, at), state: 'stale', reason }, request));
  }
  return enter(keep(machine, stable, candidate), {
    kind: 'rolling-out',
    request,
    startedAt: at,
    // A stable version that is known to be dead is not waited for once more.
    stage: stable === null || takesOver !== null ? 'starting' : 'starting-stable',
    phase: 0,
    restarts: null,
    usable: stable !== null && takesOver === null,
    since: null,
    evidence: [],
    memory: null,
    backTo: takesOver === null ? stable : takesOver.to,
    owed: takesOver?.ends ?? [],
  });
}

export function rollingOut(machine: Machine, mode: RollingOut, result: Result, at: number): Step {
  const { candidate } = mode.request;
  if (result.kind === 'failed') return goBack(machine, mode, 'rolled-back', result.why);
  if (result.kind === 'saved') {
    if (mode.stage !== 'recording') return enter(machine, mode);
    if (result.conflict) return takeStock(machine, 'somebody else wrote the ledger');
    return enter({ ...machine, seq: machine.seq + 1 }, { ...mode, stage: 'moving' });
  }
  if (result.kind === 'started') {
    const { ready, reason, restarts } = result.outcome;
    if (mode.stage === 'starting-stable') {
      const told = ready ? machine : alarmed(machine, `${machine.stable?.id} does not start: ${reason}`, at);
      return enter(told, { ...mode, stage: 'starting', usable: ready });
    }
    if (ready) return enter(machine, { ...mode, stage: 'recording', restarts });
    return goBack(machine, mode, 'rolled-back', `${candidate.id} did not get ready: ${reason}`);
  }
  if (result.kind === 'moved') {
    if (result.refused !== null) return goBack(machine, mode, 'rolled-back', result.refused);
    if (mode.stage === 'promoting') return deployed(machine, mode, result.at, at);
    const phase = phasesOf(mode.request, mode.usable)[mode.phase];
    const weights = weightsOf(candidate, mode.usable ? machine.stable : null, phase?.share ?? 100);
    const seen = { weights, at: result.at };
    return enter({ ...machine, seen }, { ...mode, stage: 'watching', since: result.at });
  }
  if (result.kind === 'watched') return watched(machine, mode, result.outcome, at);
  if (result.kind === 'judged') return judged(machine, mode, result.outcome, at);
  return enter(machine, mode);
}

function watched(
  machine: Machine,
  mode: RollingOut,
  outcome: Extract<Result, { kind: 'watched' }>['outcome'],
  at: number,
): Step {
  const { verdict, evidence, memory, firstBadAt, moved } = outcome;
  const phases = phasesOf(mode.request, mode.usable);
  const name = phases[mode.phase]?.name ?? mode.stage;
  const next = { ...mode, evidence, memory };
  if (moved) {
    const reason = outcome.reason ?? `${name}: traffic is not what this rollout had set`;
    return goBack(machine, next, 'rolled-back', reason, firstBadAt);
  }
  if (verdict !== 'pass') {
    return goBack(machine, next, 'rolled-back', outcome.reason ?? `${name} ended ${verdict}`, firstBadAt);
  }
  if (phases[mode.phase]?.judged) return enter(machine, { ...next, stage: 'judging', until: at });
  return goOn(machine, next);
}

function goOn(machine: Machine, mode: RollingOut): Step {
  // What one phase was given more is not the next one's.
  const { longer: _, until: __, ...next } = mode;
  const more = mode.phase + 1 < phasesOf(mode.request, mode.usable).length;
  return enter(machine, more ? { ...next, stage: 'moving', phase: mode.phase + 1 } : { ...next, stage: 'promoting' });
}

/** Milliseconds between two looks, at least, at the answers of a shadow that is held until a person has seen to it. */
const HELD = 60_000;

/** What it answered to copies is judged. Nobody got any of it, so that a failure costs nobody anything. */
function judged(machine: Machine, mode: RollingOut, shadow: ShadowOutcome, at: number): Step {
  const { verdict, reason, evidence, report } = shadow;
  const { hold, extend, health } = mode.request.spec;
  const next = { ...mode, shadow };
  const why = reason ?? `shadow: what it answered is ${verdict}`;
  const back = (more = '') =>
    goBack(machine, { ...next, evidence: [...evidence, ...mode.evidence] }, 'rolled-back', `${why}${more}`);
  if (verdict === 'pass') return goOn({ ...machine, alarm: null }, next);
  if (verdict === 'fail') return back();
  const asked = verdict === 'error' ? health.onError : health.onInconclusive;
  const reaction = asked === 'warn' && report === null ? 'extend' : asked;
  if (reaction === 'rollback') return back();
  if (reaction === 'warn') return goOn(machine, next);
  const elapsed = at - (mode.since ?? at);
  const watching = (longer: number) => ({ ...next, stage: 'watching', longer }) as const;
  if (reaction === 'hold') {
    const text = `${mode.request.candidate.id} is held at 0 %: ${why}`;
    const told = mode.shadow?.verdict === verdict ? machine : alarmed(machine, text, at);
    return enter(told, watching(elapsed + Math.max(hold, HELD)));
  }
  if (elapsed >= hold + extend) return back(`, after ${extend / 1000} s more than its time`);
  return enter(machine, watching(Math.min(hold + extend, elapsed + Math.max(hold, health.interval))));
}

/** The rollout ends another way than deployed: back to the stable version, whatever has been moved so far. */
export function goBack(
  machine: Machine,
  mode: RollingOut,
  state: End['state'],
  reason: string,
  firstBadAt: number | null = null,
): Step {
  const { request } = mode;
  const end: End = {
    id: request.id,
    candidate: request.candidate,
    previous: machine.stable?.digest ?? null,
    state,
    reason: reason.slice(0, 2_000),
    startedAt: mode.startedAt,
    firstBadAt,
    evidence: mode.evidence,
    ...(mode.shadow && { shadow: mode.shadow }),
    replyTo: request.replyTo,
    decidedAt: request.decidedAt,
  };
  return beginRollback(machine, request.candidate, mode.backTo, [...mode.owed, end], moveLimit(request.spec));
}

/** All of the traffic was read back on the candidate. */
function deployed(machine: Machine, mode: RollingOut, seenAt: number, at: number): Step {
  const { request } = mode;
  const { candidate } = request;
  const old = machine.stable;
  const seen = { weights: allTo(candidate), at: seenAt };
  const owed = settleEnds({ ...machine, seen, alarm: null }, mode.owed, candidate, seenAt, at);
  const outcome: RolloutOutcome = {
    ...plain(request, old?.digest ?? null, at),
    state: 'deployed',
    reason: null,
    startedAt: mode.startedAt,
    evidence: mode.evidence,
    ...(mode.shadow && { shadow: mode.shadow }),
  };
  // A version that was being left when this one took over does not become a goal again.
  const wasLeft = mode.owed.some((end) => end.candidate.id === old?.id);
  const marked = withChores(succeed(wasLeft ? { ...owed, stable: null } : owed, candidate), {
    kind: 'mark',
    candidate,
    previous: old,
    former: old,
    state: 'deployed',
    reason: null,
  });
  const gone = [old, ...mode.owed.map((end) => end.candidate)].filter((one) => one !== null);
  const stops = [...new Set(gone.map(({ id }) => id))].filter((id) => id !== candidate.id);
  const next = withChores(marked, ...stops.map((id) => ({ kind: 'stop', id }) as const));
  return enter(ended(next, outcome, request), { kind: 'steady', saving: true });
}

export function plain(
  request: RolloutRequest,
  previous: string | null,
  at: number,
): Omit<RolloutOutcome, 'state' | 'reason'> {
  return {
    id: request.id,
    candidate: request.candidate.digest,
    previous,
    startedAt: at,
    endedAt: at,
    firstBadAt: null,
    offTrafficAt: null,
    evidence: [],
  };
}
