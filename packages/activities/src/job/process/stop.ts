import { type Timer, timerAt } from '../../timer.ts';
import type { Exit, ProcessGroup } from './process-group.ts';

/**
 * Why an attempt is made to end before its trainer does.
 * - `preempted`, `shutdown`: to be resumed elsewhere
 * - `timeout`: ran longer than it may
 * - `stalled`, `failed`: `error` says what is wrong
 * - `cancelled`: the run was cancelled
 * - `fenced`: a newer attempt holds the work
 */
export type StopKind = 'preempted' | 'shutdown' | 'timeout' | 'stalled' | 'failed' | 'cancelled' | 'fenced';

export interface Stop {
  readonly kind: StopKind;
  /** One sentence, without its full stop. */
  readonly why: string;
  /** Epoch ms at which the trainer is killed if it has not ended; at or before now it is killed at once. */
  readonly killAt: number;
  /** Epoch ms until which a checkpoint may still be committed. */
  readonly commitUntil: number;
  readonly error?: unknown;
}

/** Ends a trainer: politely first where there is time, for certain in the end. */
export interface Stopper {
  /** The first reason stays, unless a graver one comes; the earlier end counts. */
  request(stop: Stop): void;
  readonly current: Stop | null;
  /** Resolves at the first request. */
  readonly requested: Promise<void>;
  /** The group to end, as soon as there is one. */
  attach(group: ProcessGroup): void;
  /**
   * The leader is gone: kills the others of its group. A leader that died of our SIGTERM may have been but a shell
   * around the trainer, so then they get the signal too, and the time that is left.
   */
  finish(exit: Exit | null): Promise<void>;
}

/** Graver reasons replace lighter ones. */
const gravity: Readonly<Record<StopKind, number>> = {
  preempted: 0,
  shutdown: 0,
  timeout: 0,
  stalled: 0,
  failed: 1,
  cancelled: 2,
  fenced: 3,
};

export function stopper(): Stopper {
  let current: Stop | null = null;
  let group: ProcessGroup | null = null;
  let asked = false;
  let timer: Timer | undefined;
  let resolve = (): void => {};
  const requested = new Promise<void>((done) => {
    resolve = done;
  });

  const act = (): void => {
    if (current === null || group === null) return;
    timer?.cancel();
    if (current.killAt <= Date.now()) {
      group.kill();
      return;
    }
    if (!asked) group.terminate();
    asked = true;
    timer = timerAt(current.killAt, act);
  };

  return {
    request(stop) {
      const former: Stop | null = current;
      if (former === null) current = stop;
      else {
        const reason = gravity[stop.kind] > gravity[former.kind] ? stop : former;
        current = {
          ...reason,
          killAt: Math.min(former.killAt, stop.killAt),
          commitUntil: Math.min(former.commitUntil, stop.commitUntil),
        };
      }
      resolve();
      act();
    },
    get current() {
      return current;
    },
    requested,
    attach(started) {
      group = started;
      act();
    },
    async finish(exit) {
      if (group === null) return;
      const unheard = asked && (exit?.signal === 'SIGTERM' || exit?.code === 143);
      if (unheard && group.running()) {
        group.terminate();
        while (group.running() && (current as Stop).killAt > Date.now())
          await new Promise((done) => setTimeout(done, 50));
      }
      timer?.cancel();
      group.kill();
      group = null;
    },
  };
}
