import type { AttemptProgress, AttemptRecord } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import { correctedRecord } from './corrected-record.ts';

/** Forty steps in forty seconds, of which the ten after the checkpoint are lost. */
const record: AttemptRecord = {
  attempt: 1,
  class: 'spot',
  gpus: 0,
  price: null,
  machine: 'spot-1',
  start: 0,
  end: 70_000,
  ended: 'worker-lost',
  code: 'WorkerLost',
  message: 'no heartbeat',
  resumedFrom: null,
  lastStep: 40,
  checkpoint: 30,
  stepsLost: 10,
  secondsLost: 10,
  seconds: 40,
};

const successor = (resumedFrom: number | null): AttemptProgress => ({
  machine: 'spot-2',
  pid: 1,
  at: 0,
  startedAt: 0,
  resumedFrom,
  step: resumedFrom,
  total: 100,
  rate: null,
  checkpoint: resumedFrom,
  checkpointAt: 0,
  metrics: {},
  restoreMs: 100,
});

describe('the record of a lost attempt', () => {
  it('stays as it is when its successor goes on from the checkpoint it tells of', () => {
    expect(correctedRecord(record, successor(30))).toBe(record);
  });

  it('loses less when a newer checkpoint had been committed after the last heartbeat', () => {
    expect(correctedRecord(record, successor(35))).toMatchObject({ checkpoint: 35, stepsLost: 5, secondsLost: 5 });
  });

  it('had come further than it could tell when its last checkpoint lies beyond its last heartbeat', () => {
    expect(correctedRecord(record, successor(45))).toMatchObject({ lastStep: 45, checkpoint: 45, stepsLost: 0 });
  });

  it('loses more when its checkpoint was damaged and the one before it was taken', () => {
    expect(correctedRecord(record, successor(20))).toMatchObject({ checkpoint: 30, stepsLost: 20, secondsLost: 20 });
  });

  it('loses everything when its successor starts over', () => {
    expect(correctedRecord(record, successor(null))).toMatchObject({ stepsLost: 40, secondsLost: 40 });
  });

  it('is left alone by a successor that never came to start its trainer', () => {
    expect(correctedRecord(record, { ...successor(null), restoreMs: null })).toBe(record);
    expect(correctedRecord(record, null)).toBe(record);
  });
});
