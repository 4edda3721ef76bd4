import { join } from 'node:path';
import type { Scope } from '../harness/scope.ts';

/** The script that every step of every system runs. */
export const noop = join(import.meta.dirname, 'project/noop.py');

/** One way to run the pipeline of no-op steps. */
export interface System {
  readonly name: string;
  /** What it is, with its version. */
  readonly about: string;
  /** Processes that live over all runs. */
  readonly pids: readonly number[];
  /**
   * Runs five steps in a row and then `branches` steps side by side, once.
   *
   * @returns seconds from when the run is asked for until it is done
   */
  run(branches: number, limit: Limit): Promise<Timing>;
}

export interface Limit {
  /** Seconds after which the run is given up. */
  readonly seconds: number;
}

export interface Timing {
  readonly seconds: number;
  /** Steps that were done when the run was given up; null when it came to its end. */
  readonly doneAtLimit: number | null;
}

export interface SystemHost {
  readonly scope: Scope;
  readonly concurrency: number;
  /** Virtual environment whose Python runs the no-op. */
  readonly venv: string;
  readonly say: (line: string) => void;
}
