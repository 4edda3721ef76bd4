import { ErrorCode } from '@sluice/sdk';
import { diskFullLine } from './disk-full.ts';
import { lastWords } from './last-words.ts';
import { outOfMemoryLine } from './out-of-memory.ts';
import type { Exit } from './process-group.ts';
import type { Stop } from './stop.ts';

/** Exit code by which a trainer says "preempted, resume me" (EX_TEMPFAIL of sysexits.h). */
export const PREEMPTED = 75;

export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly what: string; readonly fix?: string };

export interface EndingFacts {
  readonly exit: Exit;
  /** Why the attempt was made to end; null when it ended by itself. */
  readonly stop: Stop | null;
  /** Last lines of what it printed. */
  readonly tail: readonly string[];
  /** What to do about a variable, or a module, that the tail names and the trainer was not given. */
  readonly missed?: string | null;
  /** The kernel killed for memory while it ran. */
  readonly killedForMemory: boolean;
  /** The trainer has said that it is through: by a `model` event, or by a `result` event in a plain step. */
  readonly saidDone: boolean;
}

/**
 * How an attempt ended, by what its process left. The user's fault is only what cannot be anything else: an exit
 * after our own SIGTERM, or a kill that nobody explains, is a preemption and spends no error budget.
 */
export function judgeEnding(facts: EndingFacts): Ending {
  const { exit, stop } = facts;
  switch (stop?.kind) {
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'failed':
      return { kind: 'error', error: stop.error };
    case 'fenced':
      return failed(
        ErrorCode.Fenced,
        `This attempt is outdated: ${stop.why}`,
        'Nothing to do: a newer attempt goes on.',
      );
    case 'stalled':
      return failed(
        ErrorCode.TrainerStalled,
        `The trainer hung: ${stop.why}`,
        'Look where it hangs in its log, or raise `stall`.',
      );
    case 'timeout':
      if (exit.code === 0 && facts.saidDone) return { kind: 'done' };
      return failed(
        ErrorCode.BudgetSpent,
        `The attempt was stopped: ${stop.why}`,
        'Raise `maxRuntime`, or make the job shorter.',
      );
    case 'preempted':
    case 'shutdown':
      // Plenty of programs exit 0 on SIGTERM with half their work done, so 0 alone does not count here.
      if (exit.code === 0 && facts.saidDone) return { kind: 'done' };
      return failed(ErrorCode.Preempted, `The attempt was preempted: ${stop.why}`);
  }
  return judgeExit(facts);
}

/**
 * What the system says of an end comes before what the program printed: a log may hold an error that was handled, and a
 * machine that is taken away asks nobody.
 */
function judgeExit({ exit, tail, missed = null, killedForMemory }: EndingFacts): Ending {
  if (exit.code === 0) return { kind: 'done' };
  if (exit.code === PREEMPTED) {
    return failed(ErrorCode.Preempted, 'The trainer stopped by itself and asks to be resumed (exit 75).');
  }
  // 128 + 9: a shell or a launcher around the trainer tells of the signal that way.
  if (killedForMemory && (exit.signal === 'SIGKILL' || exit.code === 137)) {
    return outOfMemory('The kernel killed the trainer because memory ran out.');
  }
  if (exit.signal === 'SIGKILL' || exit.signal === 'SIGTERM' || exit.signal === 'SIGHUP') {
    return failed(ErrorCode.Preempted, `The trainer was killed from outside (${exit.signal}), as a spot reclaim does.`);
  }
  // A launcher that tells of a signal: not killed by us, nor for lack of memory, whatever its log says.
  const bySignal = exit.code === 137 || exit.code === 143;
  const full = bySignal ? null : diskFullLine(tail);
  if (full !== null) {
    return failed(
      ErrorCode.StorageFull,
      `The trainer found its disk full: ${full.trim()}`,
      'Make room where it writes; it goes on from its last checkpoint.',
    );
  }
  const line = bySignal ? null : outOfMemoryLine(tail);
  if (line !== null) return outOfMemory(`The trainer ran out of memory: ${line.trim()}`);
  const how = exit.signal === null ? `exited with code ${exit.code}` : `was ended by ${exit.signal}`;
  const last = lastWords(tail);
  return failed(
    ErrorCode.TrainerFailed,
    `The trainer ${how}${last === '' ? '.' : `: ${last}`}`,
    missed ?? 'See its last lines, and its log.',
  );
}

function outOfMemory(what: string): Ending {
  const fix = 'Use a smaller batch, or a resource class with more memory; the same again would end the same.';
  return failed(ErrorCode.OutOfMemory, what, fix);
}

function failed(code: ErrorCode, what: string, fix?: string): Ending {
  return { kind: 'failed', code, what, ...(fix === undefined ? {} : { fix }) };
}
