import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathName } from '../inputs/path-name.ts';

/** Folder with the logs of a run's jobs, a file for each attempt. */
export function logFolder(stateDir: string, workflowId: string): string {
  return resolve(stateDir, 'logs', pathName(workflowId));
}

/** Where everything a trainer prints goes. */
export function logPath(stateDir: string, workflowId: string, step: string, attempt: number): string {
  return resolve(logFolder(stateDir, workflowId), `${pathName(step)}.${attempt}.log`);
}

export interface JobLog {
  readonly step: string;
  readonly attempt: number;
  readonly path: string;
}

/** The logs of a run on this machine, by step and attempt; a step whose name was cut for its file has a cut name here. */
export async function jobLogs(stateDir: string, workflowId: string): Promise<JobLog[]> {
  const folder = logFolder(stateDir, workflowId);
  const logs: JobLog[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const [, step, attempt] = /^(.+)\.(\d+)\.log$/.exec(name) ?? [];
    if (step !== undefined) logs.push({ step: decoded(step), attempt: Number(attempt), path: join(folder, name) });
  }
  return logs.sort((a, b) => a.step.localeCompare(b.step) || a.attempt - b.attempt);
}

/** A name that was cut because it was too long may end within an escape. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
