import { SearchAttribute } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { type ListedExecution, listExecutions } from './executions.ts';
import { type StepTrace, traceOf } from './run-trace.ts';
import type { TemporalSource } from './sources.ts';
import { stepWork } from './step-work.ts';

/** Runs that are looked at, the newest; histories that are read at once. */
export const LOOKED_AT = 200;
const AT_ONCE = 4;
/** Time that an answer waits for histories, ms; reading goes on after it for whoever asks next. */
const WAIT = 3_000;
/** Time one history may take, ms. */
const HISTORY = 15_000;
/** Age up to which what was read of a run under way will do, ms. */
const FRESH = 5_000;

export interface RunTrace {
  readonly execution: ListedExecution;
  readonly steps: readonly StepTrace[];
}

interface Kept extends RunTrace {
  readonly readAt: number;
}

/** What recent runs took and made. A closed run is read once. */
export class Traces {
  readonly #kept = new Map<string, Kept>();
  #reading: Promise<void> | null = null;

  /** What is known within a few seconds, the newest run first. */
  async recent({ client }: TemporalSource): Promise<RunTrace[]> {
    const { executions } = await listExecutions(client, `${SearchAttribute.pipeline} IS NOT NULL`, LOOKED_AT, null);
    const wanted = new Set(executions.map(({ runId }) => runId));
    for (const runId of this.#kept.keys()) if (!wanted.has(runId)) this.#kept.delete(runId);
    // Whoever asks meanwhile waits for the same reading.
    this.#reading ??= this.#read(client, executions).finally(() => {
      this.#reading = null;
    });
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((done) => {
      timer = setTimeout(done, WAIT);
    });
    await Promise.race([this.#reading, enough]).finally(() => clearTimeout(timer));
    return executions.flatMap(({ runId }) => this.#kept.get(runId) ?? []);
  }

  async #read(client: Client, executions: readonly ListedExecution[]): Promise<void> {
    const now = Date.now();
    const queue = executions.filter((execution) => this.#isStale(execution, now));
    const lane = async () => {
      for (let execution = queue.shift(); execution !== undefined; execution = queue.shift()) {
        await this.#readOne(client, execution);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  }

  #isStale({ runId, endedAt }: ListedExecution, now: number): boolean {
    const known = this.#kept.get(runId);
    if (known === undefined || known.execution.endedAt !== endedAt) return true;
    return endedAt === null && now - known.readAt > FRESH;
  }

  /** A run that cannot be read is not counted as looked at. */
  async #readOne(client: Client, execution: ListedExecution): Promise<void> {
    try {
      const readAt = Date.now();
      const works = await client.withDeadline(readAt + HISTORY, () => stepWork(client, execution));
      this.#kept.set(execution.runId, { execution, steps: traceOf(works), readAt });
    } catch {
      // Its retention may have ended since it was listed, or its payloads are with somebody else.
    }
  }
}
