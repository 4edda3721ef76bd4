import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Candidate, Report } from '@sluice/sdk';
import type { inputOf } from './replay-stand.ts';

export interface AttemptInput {
  readonly root: string;
  readonly adminUrl: string;
  readonly stable: Candidate;
  /** Epoch ms, the same for every attempt at a step. */
  readonly begun: number;
  readonly input: ReturnType<typeof inputOf>;
  /** On a machine of its own, with a store that all have. */
  readonly moved?: { readonly stateDir: string; readonly store: string; readonly attempt: number };
}

export interface Attempted {
  readonly report: Report;
  /** Most memory of the process, bytes. */
  readonly peak: number;
}

/** An attempt at a replay in a process of its own; what it says is null where it was killed. */
export function startAttempt(input: AttemptInput): { process: ChildProcess; said: Promise<Attempted | null> } {
  const program = fileURLToPath(new URL('./replay-in-process.ts', import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(input)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = Promise.all([text(child.stdout), text(child.stderr)]).then(([out, trouble]) => {
    if (out === '' && trouble !== '') throw new Error(trouble);
    return out === '' ? null : (JSON.parse(out) as Attempted);
  });
  return { process: child, said };
}
