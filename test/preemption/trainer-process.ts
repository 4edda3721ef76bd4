import { readFileSync } from 'node:fs';
import { environmentOf, processes } from '../harness/processes.ts';

/** The process group of a trainer: its leader's pid is the group's. */
export interface TrainerProcess {
  readonly pid: number;
  /** The attempt that it belongs to, as its worker named it. */
  readonly attemptId: string;
  /** What it appends its events to. */
  readonly events: string;
}

/** The trainer of a run that runs now below a worker; null when there is none. */
export function trainerBelow(workerPid: number, workflowId: string): TrainerProcess | null {
  for (const { pid, ppid, group } of processes()) {
    if (ppid !== workerPid || group !== pid) continue;
    const { SLUICE_STEP: step, SLUICE_EVENTS: events, SLUICE_ATTEMPT_ID: attemptId } = environmentOf(pid);
    if (step && events && attemptId && runOf(step) === workflowId) return { pid, attemptId, events };
  }
  return null;
}

/** Pids that carry an attempt's mark: its trainer, and whatever that has started. */
export function processesOf({ attemptId }: Pick<TrainerProcess, 'attemptId'>): number[] {
  return processes()
    .map(({ pid }) => pid)
    .filter((pid) => environmentOf(pid).SLUICE_ATTEMPT_ID === attemptId);
}

function runOf(stepFile: string): string | null {
  try {
    return (JSON.parse(readFileSync(stepFile, 'utf8')) as { run: string }).run;
  } catch {
    return null;
  }
}
