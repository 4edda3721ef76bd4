import type { AttemptProgress, AttemptRecord } from '@sluice/sdk';

/**
 * The record of an attempt that did not finish, once its successor tells where it went on. The last heartbeat of a
 * worker that vanished may be older than its last commit, and a checkpoint may turn out to be damaged or left alone.
 *
 * @returns the record itself when it was right.
 */
export function correctedRecord(record: AttemptRecord, next: AttemptProgress | null): AttemptRecord {
  // Until its trainer is started, nobody has looked for a checkpoint.
  if (next === null || next.restoreMs === null) return record;
  const from = next.resumedFrom ?? 0;
  const known = record.checkpoint ?? 0;
  if (from === known) return record;
  const lastStep = Math.max(record.lastStep ?? 0, from);
  const done = lastStep - (record.resumedFrom ?? 0);
  const secondsPerStep = done > 0 ? record.seconds / done : 0;
  const stepsLost = lastStep - from;
  return {
    ...record,
    lastStep,
    checkpoint: Math.max(known, from),
    stepsLost,
    secondsLost:
      stepsLost === 0
        ? Math.min(record.secondsLost, secondsPerStep)
        : Math.min(record.seconds, Math.max(0, record.secondsLost + (known - from) * secondsPerStep)),
  };
}
