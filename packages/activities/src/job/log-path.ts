import { resolve } from 'node:path';
import { pathName } from './path-name.ts';

/** Folder with the logs of a run's jobs, a file for each attempt. */
export function logFolder(stateDir: string, workflowId: string): string {
  return resolve(stateDir, 'logs', pathName(workflowId));
}

/** Where everything a trainer prints goes. */
export function logPath(stateDir: string, workflowId: string, step: string, attempt: number): string {
  return resolve(logFolder(stateDir, workflowId), `${pathName(step)}.${attempt}.log`);
}
