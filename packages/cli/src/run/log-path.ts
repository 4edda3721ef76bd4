import { join } from 'node:path';

/** Folder with the logs of a run's jobs: one folder a step, one file an attempt. */
export function logFolder(stateDir: string, workflowId: string): string {
  return join(stateDir, 'logs', encodeURIComponent(workflowId));
}

/** Where everything a job prints goes. */
export function logPath(stateDir: string, workflowId: string, step: string, attempt: number): string {
  return join(logFolder(stateDir, workflowId), encodeURIComponent(step), `${attempt}.log`);
}
