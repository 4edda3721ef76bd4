import type { AttemptRecord } from './contract.ts';
import type { StepStatus } from './status.ts';

/** Did the attempt end by no fault of the job's? */
export function isPreemption({ ended }: Pick<AttemptRecord, 'ended'>): boolean {
  return ended === 'preempted' || ended === 'worker-lost';
}

/** Did it end because of a store, a server or a disk? Such a failure spends no budget. */
export function isOutage({ ended }: Pick<AttemptRecord, 'ended'>): boolean {
  return ended === 'infrastructure';
}

/** Both budgets and what was lost: `errors 0/2, preemptions 1/50, resumed at step 1200 (lost 14 steps, 3.1 s)`. */
export function describeAttempts(step: Pick<StepStatus, 'attempts' | 'errorsAllowed' | 'preemptionsAllowed'>): string {
  const preempted = step.attempts.filter(isPreemption);
  const failed = step.attempts.filter(
    (one) => !isPreemption(one) && !isOutage(one) && one.ended !== 'done' && one.ended !== 'cancelled',
  );
  const parts = [
    `errors ${failed.length}/${step.errorsAllowed}`,
    `preemptions ${preempted.length}/${step.preemptionsAllowed}`,
  ];
  const outages = step.attempts.filter(isOutage).length;
  if (outages > 0) parts.push(`${outages} ${outages === 1 ? 'outage' : 'outages'} waited out`);
  // Most outages end an attempt before its trainer was started.
  const lost = step.attempts.filter((one) => one.ended !== 'done' && (!isOutage(one) || one.stepsLost > 0));
  if (lost.length > 0) {
    const resumed = step.attempts.findLast(({ resumedFrom }) => resumedFrom !== null)?.resumedFrom ?? null;
    const steps = lost.reduce((total, one) => total + one.stepsLost, 0);
    const seconds = lost.reduce((total, one) => total + one.secondsLost, 0);
    const where = resumed === null ? 'started over' : `resumed at step ${resumed}`;
    parts.push(`${where} (lost ${steps} ${steps === 1 ? 'step' : 'steps'}, ${seconds.toFixed(1)} s)`);
  }
  return parts.join(', ');
}
