import type { Candidate, RolloutOutcome } from '@sluice/sdk';
import type { End, Left, Machine, Result, RollingBack } from './machine.ts';
import { alarmed, ended, enter, keep, type Step, withChores } from './steps.ts';

/** Former stable versions that can be named by a rollback. */
const FORMERS = 20;
/** Versions known to have been left. */
const LEFT = 100;

/** Milliseconds for one try to set the traffic where no rollout says otherwise: what its defaults come to. */
const MOVE_LIMIT = 20_000;

/** Traffic goes back, at once and without asking whether the old version is ready. */
export function beginRollback(
  machine: Machine,
  from: Candidate | null,
  to: Candidate | null,
  ends: readonly End[],
  limit: number = MOVE_LIMIT,
): Step {
  const kept = keep(machine, to);
  return enter(kept, { kind: 'rolling-back', from, to, stage: 'moving', attempt: 0, ends, limit });
}

export function rollingBack(machine: Machine, mode: RollingBack, result: Result, at: number): Step {
  if (result.kind === 'moved' && result.refused === null) return arrived(machine, mode, result.at, at);
  switch (mode.stage) {
    case 'moving':
      // It has no process: it is started, and what serves meanwhile is better than nothing.
      return enter(alarmed(machine, standing(mode, whyOf(result)), at), {
        ...mode,
        stage: mode.to === null ? 'waiting' : 'starting',
        attempt: mode.attempt + (mode.to === null ? 1 : 0),
      });
    case 'starting': {
      if (result.kind === 'started' && result.outcome.ready) return enter(machine, { ...mode, stage: 'moving' });
      return enter(alarmed(machine, standing(mode, whyOf(result)), at), {
        ...mode,
        stage: 'waiting',
        attempt: mode.attempt + 1,
      });
    }
    case 'waiting':
      return enter(machine, { ...mode, stage: mode.to === null ? 'moving' : 'starting' });
  }
}

function standing({ from, to }: RollingBack, why: string): string {
  const serves = from === null ? 'nothing serves' : `${from.id} keeps the traffic`;
  return `${to?.id ?? 'nothing'} should serve and cannot (${why}); it is started again, and until then ${serves}`;
}

function whyOf(result: Result): string {
  if (result.kind === 'moved') return result.refused ?? 'refused';
  if (result.kind === 'started') return result.outcome.reason ?? 'it did not get ready';
  return result.kind === 'failed' ? result.why : result.kind;
}

/** Traffic was read back where it should be: now it is believed, written down and told. */
function arrived(machine: Machine, mode: RollingBack, offTrafficAt: number, at: number): Step {
  const { to } = mode;
  const seen = { weights: to === null ? {} : { [to.id]: 100 }, at: offTrafficAt };
  // A stable version that another one replaces, without having been left for being bad, may be gone back to.
  const placed = to === null ? { ...machine, stable: null } : { ...succeed(machine, to) };
  const settled = settleEnds({ ...placed, seen, alarm: null }, mode.ends, to, offTrafficAt, at);
  const gone = [mode.from, machine.stable, ...mode.ends.map(({ candidate }) => candidate)];
  const stops = [...new Map(gone.flatMap((one) => (one === null || one.id === to?.id ? [] : [[one.id, one]]))).keys()];
  const next = withChores(settled, ...stops.map((id) => ({ kind: 'stop', id }) as const));
  return enter(next, { kind: 'steady', saving: true });
}

/** Everything that waited for traffic to be back has ended. */
export function settleEnds(
  machine: Machine,
  ends: readonly End[],
  to: Candidate | null,
  offTrafficAt: number | null,
  at: number,
): Machine {
  let next = machine;
  for (const end of ends) {
    const outcome: RolloutOutcome = {
      id: end.id,
      state: end.state,
      candidate: end.candidate.digest,
      previous: end.previous,
      reason: end.reason,
      startedAt: end.startedAt,
      endedAt: at,
      firstBadAt: end.firstBadAt,
      offTrafficAt,
      evidence: end.evidence,
      ...(end.shadow && { shadow: end.shadow }),
    };
    if (end.state === 'rolled-back') next = leave(next, end.candidate, end.id, to);
    const former = next.formers.find(({ id }) => id !== to?.id) ?? null;
    next = withChores(next, {
      kind: 'mark',
      candidate: end.candidate,
      previous: to,
      former,
      state: end.state,
      reason: end.reason,
    });
    next = ended(next, outcome, end);
  }
  return { ...next, formers: next.formers.filter(({ id }) => id !== to?.id).slice(0, FORMERS) };
}

/** A version that was rolled back is no goal of a rollback any more. */
function leave(machine: Machine, version: Candidate, outcomeId: string, to: Candidate | null): Machine {
  const left: Left = { version: version.id, outcomeId, to: to?.id ?? null };
  return {
    ...machine,
    formers: machine.formers.filter(({ id }) => id !== version.id),
    banned: [...machine.banned.filter((id) => id !== version.id), version.id].slice(-LEFT),
    left: [...machine.left.filter((one) => one.version !== version.id), left].slice(-LEFT),
  };
}

/** The stable version gives its place to another: it is the newest goal of a rollback. */
export function succeed(machine: Machine, version: Candidate): Machine {
  const { stable } = machine;
  const formers = stable === null || stable.id === version.id ? machine.formers : [stable, ...machine.formers];
  return {
    ...machine,
    stable: version,
    formers: formers
      .filter(({ id }, i) => id !== version.id && formers.findIndex((one) => one.id === id) === i)
      .slice(0, FORMERS),
    banned: machine.banned.filter((id) => id !== version.id),
    left: machine.left.filter((one) => one.version !== version.id),
  };
}
