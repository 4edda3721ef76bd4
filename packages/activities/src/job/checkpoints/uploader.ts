import { rm } from 'node:fs/promises';
import { ErrorCode, errorCode } from '@sluice/sdk';
import { type Timer, timerAt } from '../../timer.ts';

/** A checkpoint that the trainer has written and given away. */
export interface LocalCheckpoint {
  readonly step: number;
  /** A directory that holds this checkpoint and nothing else. */
  readonly directory: string;
  /** Epoch ms. */
  readonly reachedAt: number;
}

export interface UploaderOptions {
  readonly commit: (checkpoint: LocalCheckpoint) => Promise<void>;
  /** An error that trying again does not mend: the attempt has to end. */
  readonly onFatal: (error: unknown) => void;
  /** An upload failed and will be tried again, in so many ms. */
  readonly onRetry: (checkpoint: LocalCheckpoint, error: unknown, wait: number) => void;
  /** First wait after a failure, ms; it doubles up to 30 s. @default 1000 */
  readonly firstWait?: number;
}

/** Uploads checkpoints beside training, one at a time. When they pile up only those of the newest step count. */
export interface Uploader {
  add(checkpoint: LocalCheckpoint): void;
  /**
   * Waits until everything added is committed.
   *
   * @param until epoch ms
   * @returns false when time ran out, or an error could not be mended.
   */
  flush(until: number): Promise<boolean>;
  /** Drops what waits, and waits for the commit in flight only. */
  settle(until: number): Promise<boolean>;
}

const LONGEST_WAIT = 30_000;

export function checkpointUploader(options: UploaderOptions): Uploader {
  const firstWait = options.firstWait ?? 1000;
  /** All of one step: whether a second one of it says the same is judged when both are stored. */
  let waiting: readonly LocalCheckpoint[] = [];
  let running: Promise<void> | null = null;
  let dead = false;
  /** Set at the end: waits become short, and with `settle` there is no second try. */
  let ending: 'no' | 'flush' | 'settle' = 'no';
  const hurry = new AbortController();

  const add = (checkpoint: LocalCheckpoint): void => {
    if (dead) return;
    const same = waiting.filter(({ step }) => step === checkpoint.step);
    for (const older of waiting) if (!same.includes(older)) void drop(older);
    waiting = [...same, checkpoint];
    running ??= work();
  };

  const work = async (): Promise<void> => {
    while (!dead) {
      const [checkpoint, ...rest] = waiting;
      if (checkpoint === undefined) break;
      waiting = rest;
      await upload(checkpoint);
      await drop(checkpoint);
    }
    running = null;
  };

  const overtaken = ({ step }: LocalCheckpoint): boolean => waiting.some((newer) => newer.step !== step);

  /** Tries again until it is committed, or one of a newer step has come. */
  const upload = async (checkpoint: LocalCheckpoint): Promise<void> => {
    for (let wait = firstWait; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      try {
        return await options.commit(checkpoint);
      } catch (error) {
        if (isFatal(error)) {
          dead = true;
          return options.onFatal(error);
        }
        if (overtaken(checkpoint) || dead || ending === 'settle') return;
        const pauseFor = ending === 'no' ? wait : Math.min(wait, firstWait);
        options.onRetry(checkpoint, error, pauseFor);
        await pause(pauseFor, ending === 'no' ? hurry.signal : null);
        if (overtaken(checkpoint) || dead) return;
      }
    }
  };

  const finish = async (how: 'flush' | 'settle', until: number): Promise<boolean> => {
    ending = how;
    hurry.abort();
    const done = await within(running ?? Promise.resolve(), until);
    const complete = done && !dead;
    if (!done) dead = true;
    return complete;
  };

  return {
    add,
    flush: (until) => finish('flush', until),
    async settle(until) {
      const next = waiting;
      waiting = []; // before anything is awaited, or it would be begun meanwhile
      await Promise.all(next.map(drop));
      return finish('settle', until);
    },
  };
}

/** A trainer's own fault, or a newer attempt's right of way. */
function isFatal(error: unknown): boolean {
  const fatal: readonly string[] = [
    ErrorCode.Fenced,
    ErrorCode.InvalidStep,
    ErrorCode.ProtocolError,
    ErrorCode.CheckpointsUnreadable,
  ];
  return fatal.includes(errorCode(error));
}

function drop(checkpoint: LocalCheckpoint): Promise<void> {
  return rm(checkpoint.directory, { recursive: true, force: true }).catch(() => {});
}

function pause(ms: number, signal: AbortSignal | null): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      done();
    });
  });
}

async function within(work: Promise<void>, until: number): Promise<boolean> {
  let timer: Timer | undefined;
  const late = new Promise<false>((done) => {
    timer = timerAt(until, () => done(false));
  });
  try {
    return await Promise.race([work.then(() => true as const), late]);
  } finally {
    timer?.cancel();
  }
}
