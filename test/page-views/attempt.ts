import type { AttemptEnd, AttemptRecord } from '@sluice/sdk';

/** An attempt on a spot machine; one that did not end well lost 140 steps. */
export function attempt(number: number, start: number, ms: number, ended: AttemptEnd): AttemptRecord {
  const lost = ended === 'done' ? 0 : 140;
  return {
    attempt: number,
    class: 'gpu-spot',
    gpus: 0,
    price: null,
    machine: `gpu-spot-${number}`,
    start,
    end: start + ms,
    ended,
    code: ended === 'done' ? null : 'WorkerLost',
    message: ended === 'done' ? null : 'no heartbeat for 8 s: the worker is gone',
    resumedFrom: number === 1 ? null : 400 * number,
    lastStep: 900 * number,
    checkpoint: 900 * number - lost,
    stepsLost: lost,
    secondsLost: lost / 30,
    seconds: ms / 1000,
  };
}
