import type { Candidate, RolloutOutcome, RolloutSpec } from '@sluice/sdk';
import { remember } from './answered.ts';
import type { Answer } from './answers.ts';
import { ledgerOf } from './ledger.ts';
import type { Chore, Command, End, Machine, Mode } from './machine.ts';
import { allTo, type Phase, phasesOf, weightsOf } from './phases.ts';

/** What became of an event. */
export interface Step {
  readonly machine: Machine;
  /** The new thing the endpoint is about; null: it goes on with what it was about. */
  readonly command: Command | null;
  /** For whoever asked. */
  readonly answer: Answer | null;
}

/** Nothing changes but the machine's notes. */
export function stay(machine: Machine, answer: Answer | null = null): Step {
  return { machine, command: null, answer };
}

/** Into another mode, or another stage of it, with the command that belongs to it. */
export function enter(machine: Machine, mode: Mode): Step {
  const next = { ...machine, mode, turn: machine.turn + 1 };
  return { machine: next, command: commandOf(next), answer: null };
}

/** Milliseconds before a version that did not start is tried again; doubled each time. */
const REVIVE = { first: 2_000, most: 60_000 };

/** What a mode is about; the same again after the workflow has continued as new. */
export function commandOf(machine: Machine): Command {
  const { mode, stable } = machine;
  switch (mode.kind) {
    case 'adopting':
      return { kind: 'observe' };
    case 'unowned':
      return { kind: 'idle' };
    case 'steady':
      return mode.saving ? save(machine) : { kind: 'idle' };
    case 'rolling-back':
      if (mode.stage === 'starting' && mode.to !== null) return { kind: 'start', candidate: mode.to };
      if (mode.stage === 'waiting') {
        return { kind: 'wait', ms: Math.min(REVIVE.most, REVIVE.first * 2 ** Math.min(mode.attempt - 1, 10)) };
      }
      return {
        kind: 'move',
        what: 'roll back',
        weights: allTo(mode.to),
        mirror: null,
        lease: null,
        unready: true,
        expect: null,
        limit: mode.limit,
      };
    case 'rolling-out': {
      const { candidate, spec } = mode.request;
      const limit = moveLimit(spec);
      if (mode.stage === 'starting-stable' && stable !== null) return { kind: 'start', candidate: stable };
      if (mode.stage === 'starting' || mode.stage === 'starting-stable') return { kind: 'start', candidate };
      if (mode.stage === 'recording') return save(machine);
      const phases = phasesOf(mode.request, mode.usable);
      const phase = phases[mode.phase];
      const trafficOf = ({ share, mirror, judged }: Phase) => ({
        weights: weightsOf(candidate, mode.usable ? stable : null, share),
        mirror: mirror > 0 ? { version: candidate.id, percent: mirror, ...(judged && { keep: true as const }) } : null,
      });
      if (mode.stage === 'promoting' || phase === undefined) {
        const expect = phase === undefined || !mode.usable ? null : trafficOf(phase);
        return { kind: 'move', what: 'promote', ...promoted(candidate), expect, unready: false, limit };
      }
      const { weights, mirror } = trafficOf(phase);
      if (mode.stage === 'moving') {
        const lease = mode.usable ? { ms: spec.lease, fallback: allTo(stable) } : null;
        // What a lease or a person has changed meanwhile is not built upon.
        const before = phases[mode.phase - 1];
        const start = { weights: allTo(stable), mirror: null };
        const expect = mode.usable ? (before === undefined ? start : trafficOf(before)) : null;
        return { kind: 'move', what: phase.name, weights, mirror, lease, expect, unready: false, limit };
      }
      const since = mode.since ?? 0;
      if (mode.stage === 'judging' && spec.shadowChecks !== undefined) {
        const { minRequests: least, interval: renew } = spec.health;
        const asked = { endpoint: machine.endpoint, candidate, checks: spec.shadowChecks, since };
        return { kind: 'judge', input: { ...asked, until: mode.until ?? since, least, renew } };
      }
      const hold = mode.longer ?? phase.hold;
      const input = {
        endpoint: machine.endpoint,
        candidate: candidate.id,
        stable: mode.usable && stable !== null ? stable.id : null,
        spec,
        phase: phase.name,
        since,
        ...(mode.until !== undefined && { watchedUntil: mode.until }),
        hold,
        extend: Math.max(0, phase.hold + spec.extend - hold),
        weights,
        // Of a rollout that began in a workflow of before, nobody saw it.
        restarts: mode.restarts ?? null,
        memory: mode.memory,
      };
      return { kind: 'watch', input };
    }
  }
}

function promoted(candidate: Candidate) {
  return { weights: allTo(candidate), mirror: null, lease: null };
}

/** What the rollback budget counts for a change of traffic: to make it, and to see it. */
export function moveLimit({ health }: RolloutSpec): number {
  return Math.max(1_000, health.switch + health.verify);
}

function save(machine: Machine): Command {
  return { kind: 'save', seq: machine.seq + 1, ledger: ledgerOf(machine) };
}

/** Nothing is taken for known any more: target, ledger and registry are asked. */
export function takeStock(machine: Machine, why: string): Step {
  const { mode } = machine;
  const rolling = mode.kind === 'rolling-out' || mode.kind === 'rolling-back' ? mode : null;
  return enter(machine, { kind: 'adopting', why, interrupted: mode.kind === 'adopting' ? mode.interrupted : rolling });
}

type NewChore = Chore extends infer C ? (C extends Chore ? Omit<C, 'n'> : never) : never;

/** Puts chores on the list. What serves again is not stopped any more. */
export function withChores(machine: Machine, ...chores: readonly NewChore[]): Machine {
  const added = chores.map((chore, i) => ({ ...chore, n: machine.lastChore + i + 1 }) as Chore);
  return { ...machine, chores: [...machine.chores, ...added], lastChore: machine.lastChore + chores.length };
}

/** Nobody stops a version that is wanted again. */
export function keep(machine: Machine, ...versions: readonly (Candidate | null)[]): Machine {
  const ids = versions.flatMap((version) => (version === null ? [] : [version.id]));
  const chores = machine.chores.filter((chore) => chore.kind !== 'stop' || !ids.includes(chore.id));
  return chores.length === machine.chores.length ? machine : { ...machine, chores };
}

/** A page of the ledger is being written, without what comes now. */
function isSaving({ mode }: Machine): boolean {
  return (mode.kind === 'steady' && mode.saving) || (mode.kind === 'rolling-out' && mode.stage === 'recording');
}

/** Whether a chore may be done: what it tells is written down. */
export function isDue({ seq }: Pick<Machine, 'seq'>, chore: Chore): boolean {
  return chore.kind !== 'reply' || chore.page <= seq;
}

/** A person is told, once for the same text. */
export function alarmed(machine: Machine, text: string, at: number): Machine {
  if (machine.alarm === text) return machine;
  return withChores({ ...machine, alarm: text }, { kind: 'alarm', text, at });
}

/** A rollout has ended: it is remembered, and whoever asked is told. */
export function ended(
  machine: Machine,
  outcome: RolloutOutcome,
  { replyTo, decidedAt }: Pick<End, 'replyTo' | 'decidedAt'>,
): Machine {
  const next = remember(machine, outcome, decidedAt);
  if (replyTo === null) return next;
  const page = machine.seq + (isSaving(machine) ? 2 : 1);
  return withChores(next, { kind: 'reply', workflowId: replyTo, outcome, page });
}
