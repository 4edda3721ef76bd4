import { readdirSync, readFileSync } from 'node:fs';

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
    const environment = environmentOf(pid);
    const { SLUICE_STEP: step, SLUICE_EVENTS: events, SLUICE_ATTEMPT_ID: attemptId } = environment;
    if (step && events && attemptId && runOf(step) === workflowId) return { pid, attemptId, events };
  }
  return null;
}

/** Pids that carry an attempt's mark, or any attempt's below a project's folder. */
export function processesOf(match: { readonly attemptId: string } | { readonly root: string }): number[] {
  return processes()
    .filter(({ pid }) => {
      const { SLUICE_ATTEMPT_ID: id, SLUICE_MODEL: model, SLUICE_STEP: step } = environmentOf(pid);
      if (id === undefined) return false;
      if ('attemptId' in match) return id === match.attemptId;
      return [model, step].some((path) => path?.startsWith(`${match.root}/`));
    })
    .map(({ pid }) => pid);
}

interface ProcessFacts {
  readonly pid: number;
  readonly ppid: number;
  readonly group: number;
}

/** Running processes; the dead that nobody has collected do not count. */
function processes(): ProcessFacts[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, ppid, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return state === 'Z' || state === 'X' ? [] : [{ pid: Number(name), ppid: Number(ppid), group: Number(group) }];
    } catch {
      return []; // ended meanwhile
    }
  });
}

function environmentOf(pid: number): Readonly<Record<string, string>> {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return Object.fromEntries(
      entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    );
  } catch {
    return {};
  }
}

function runOf(stepFile: string): string | null {
  try {
    return (JSON.parse(readFileSync(stepFile, 'utf8')) as { run: string }).run;
  } catch {
    return null;
  }
}
