import type { AttemptRecord } from './contract.ts';
import type { EarlierAttempts, Spent, StepStatus } from './status.ts';

/** Did the attempt end by no fault of the job's? */
export function isPreemption({ ended }: Pick<AttemptRecord, 'ended'>): boolean {
  return ended === 'preempted' || ended === 'worker-lost';
}

/** Did it end because of a store, a server or a disk? Such a failure spends no budget. */
export function isOutage({ ended }: Pick<AttemptRecord, 'ended'>): boolean {
  return ended === 'infrastructure';
}

function isError(attempt: Pick<AttemptRecord, 'ended'>): boolean {
  return !isPreemption(attempt) && !isOutage(attempt) && attempt.ended !== 'done' && attempt.ended !== 'cancelled';
}

/** Machine time by class and price, however many attempts there were. */
export function spentOn(attempts: Iterable<Spent>): Spent[] {
  const groups = new Map<string, { -readonly [K in keyof Spent]: Spent[K] }>();
  for (const { class: name, price, seconds, secondsLost } of attempts) {
    const key = JSON.stringify([name, price]);
    const group = groups.get(key) ?? { class: name, price, seconds: 0, secondsLost: 0 };
    group.seconds += seconds;
    group.secondsLost += secondsLost;
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The last attempts as they are, and what came before them in sum. */
export function listedAttempts(
  attempts: readonly AttemptRecord[],
  most: number,
): Pick<StepStatus, 'attempts' | 'earlier'> {
  if (attempts.length <= most) return { attempts };
  const before = attempts.slice(0, -most);
  const earlier: EarlierAttempts = {
    count: before.length,
    errors: before.filter(isError).length,
    preemptions: before.filter(isPreemption).length,
    outages: before.filter(isOutage).length,
    stepsLost: before.reduce((total, one) => total + one.stepsLost, 0),
    spent: spentOn(before),
  };
  return { attempts: attempts.slice(-most), earlier };
}

/**
 * Both budgets and what was lost: `errors 0/2, preemptions 1/50, resumed at step 1200 (lost 14 steps, 3.1 s)`. What a lost
 * worker did after its last word is known to nobody: `lost at least 14 steps`.
 */
export function describeAttempts(
  step: Pick<StepStatus, 'attempts' | 'earlier' | 'errorsAllowed' | 'preemptionsAllowed'>,
): string {
  const { attempts, earlier } = step;
  const preempted = attempts.filter(isPreemption).length + (earlier?.preemptions ?? 0);
  const failed = attempts.filter(isError).length + (earlier?.errors ?? 0);
  const parts = [`errors ${failed}/${step.errorsAllowed}`, `preemptions ${preempted}/${step.preemptionsAllowed}`];
  const outages = attempts.filter(isOutage).length + (earlier?.outages ?? 0);
  if (outages > 0) parts.push(`${outages} ${outages === 1 ? 'outage' : 'outages'} waited out`);
  // Most outages end an attempt before its trainer was started, and nothing goes on after one that was cancelled.
  const lost = attempts.filter(
    (one) => one.ended !== 'done' && one.ended !== 'cancelled' && (!isOutage(one) || one.stepsLost > 0),
  );
  if (lost.length > 0 || earlier !== undefined) {
    const resumed = attempts.findLast(({ resumedFrom }) => resumedFrom !== null)?.resumedFrom ?? null;
    const steps = lost.reduce((total, one) => total + one.stepsLost, earlier?.stepsLost ?? 0);
    const before = earlier?.spent.reduce((total, one) => total + one.secondsLost, 0) ?? 0;
    const seconds = lost.reduce((total, one) => total + one.secondsLost, before);
    const where = resumed === null ? 'started over' : `resumed at step ${resumed}`;
    const least = lost.some(({ ended }) => ended === 'worker-lost') ? 'at least ' : '';
    parts.push(`${where} (lost ${least}${steps} ${steps === 1 ? 'step' : 'steps'}, ${seconds.toFixed(1)} s)`);
  }
  return parts.join(', ');
}
