import { adopt } from './adopt.ts';
import type { Event, Machine, Result } from './machine.ts';
import { askRollback, askRollout, withdraw } from './requests.ts';
import { rollingBack } from './rolling-back.ts';
import { beginRollout, goBack, rollingOut } from './rolling-out.ts';
import { enter, isDue, type Step, stay, takeStock } from './steps.ts';

/** What an event makes of an endpoint. Pure: the same machine and event are the same step. */
export function reduce(machine: Machine, event: Event): Step {
  return proceed(react(machine, event), event.at);
}

function react(machine: Machine, event: Event): Step {
  const { at } = event;
  switch (event.kind) {
    case 'rollout':
      return askRollout(machine, event.request, at);
    case 'rollback':
      return askRollback(machine, event.request, at);
    case 'withdraw':
      return withdraw(machine, event.id, at);
    case 'cancel':
      if (machine.mode.kind !== 'rolling-out') return stay(machine);
      return goBack(machine, machine.mode, 'rolled-back', 'the endpoint was cancelled in Temporal');
    case 'reset':
      return takeStock(machine, 'a reset began it again');
    case 'chore-done':
      return stay({ ...machine, chores: machine.chores.filter(({ n }) => n !== event.n) });
    case 'result':
      return event.turn === machine.turn ? resulted(machine, event.result, at) : stay(machine);
  }
}

function resulted(machine: Machine, result: Result, at: number): Step {
  const { mode } = machine;
  switch (mode.kind) {
    case 'adopting':
      return result.kind === 'observed' ? adopt(machine, result.observation, at) : enter(machine, mode);
    case 'steady':
      if (result.kind !== 'saved') return enter(machine, mode);
      if (result.conflict) return takeStock(machine, 'somebody else wrote the ledger');
      return enter({ ...machine, seq: machine.seq + 1 }, { kind: 'steady', saving: false });
    case 'rolling-out':
      return rollingOut(machine, mode, result, at);
    case 'rolling-back':
      return rollingBack(machine, mode, result, at);
    case 'unowned':
      return stay(machine);
  }
}

/** What waits takes its turn: at rest the next rollout, and over a version that cannot be brought back a fix. */
function proceed(step: Step, at: number): Step {
  const { machine } = step;
  const { mode, queue } = machine;
  if (mode.kind === 'steady' && !mode.saving && machine.chores.some((chore) => !isDue(machine, chore))) {
    return { ...enter(machine, { kind: 'steady', saving: true }), answer: step.answer };
  }
  const [next, ...rest] = queue;
  if (next === undefined) return step;
  const waiting = { ...machine, queue: rest };
  if (mode.kind === 'steady' && !mode.saving) {
    // What is being stopped must be over before it is started again.
    if (machine.chores.some((chore) => chore.kind === 'stop' && chore.id === next.candidate.id)) return step;
    return begun(step, beginRollout(waiting, next, at), at);
  }
  if (mode.kind === 'rolling-back' && mode.stage === 'waiting' && mode.to !== null) {
    return begun(step, beginRollout(waiting, next, at, { to: mode.to, ends: mode.ends }), at);
  }
  return step;
}

/** The next of the queue has begun, or has ended without: then it is the turn of the one after it. */
function begun(step: Step, next: Step, at: number): Step {
  return proceed({ machine: next.machine, command: next.command ?? step.command, answer: step.answer }, at);
}
