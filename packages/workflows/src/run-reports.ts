import type { Settings } from '@sluice/sdk';
import { CancellationScope } from '@temporalio/workflow';
import { small } from './activities.ts';
import { applicationFailure } from './failure.ts';
import type { Journal } from './journal.ts';

/** Time a report has, the wait for a worker and another attempt included. */
const WITHIN = '1 minute';
/** Time MLflow has to say where a report will be: a notification waits for it. */
const PLACED_WITHIN = '5 seconds';

/** What is known of the run whose reports they are. */
interface Run {
  readonly id: string;
  readonly settings: Pick<Settings, 'reports'>;
  readonly journal: Journal;
  readonly openedMlflowRun: Promise<string | null> | null;
}

/**
 * Has the report of a run written by a worker, one at a time: when a deploy asks or ends, and when the run ends. Only the
 * run's end waits for it, and what goes wrong is told beside the report and nowhere else.
 */
export class RunReports {
  readonly #run: Run;
  #place: Promise<string | null> | undefined;
  #writing: Promise<void> | null = null;
  #again = false;
  /** What the last report that was asked for tells of. */
  #told: string | null = null;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Whether workers write reports of this run. */
  get on(): boolean {
    return this.#run.settings.reports === true;
  }

  /** Address of MLflow's page that shows the report, or will in a moment; null where there is none. Never rejects. */
  place(): Promise<string | null> {
    if (!this.on) return Promise.resolve(null);
    this.#place ??= this.#find().catch(() => null);
    return this.#place;
  }

  /** Asks for a report of how the run stands now; while one is being written, for another one after it. */
  write(): void {
    if (!this.on) return;
    this.#told = this.#run.journal.told;
    if (this.#writing !== null) {
      this.#again = true;
      return;
    }
    this.#writing = this.#writeAll();
  }

  /** Once the run has ended: writes what the last report does not tell yet, if there is anything to be read. */
  async end(): Promise<void> {
    const { journal } = this.#run;
    if (journal.judged && journal.told !== this.#told) this.write();
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    do {
      this.#again = false;
      await this.#writeOne();
    } while (this.#again);
    this.#writing = null;
  }

  async #writeOne(): Promise<void> {
    const { journal, id } = this.#run;
    try {
      const mlflowRunId = await this.#mlflowRun();
      const { at, artifact, page, warning } = await CancellationScope.nonCancellable(() =>
        small('run:report', 'write the report', {
          startToCloseTimeout: '45 seconds',
          scheduleToCloseTimeout: WITHIN,
          retry: { maximumAttempts: 2 },
        }).writeReport({ workflowId: id, mlflowRunId }),
      );
      journal.report = { at, artifact, warning };
      if (page !== null) journal.links = { ...journal.links, report: page };
    } catch (error) {
      const why = applicationFailure(error)?.message ?? `it took more than ${WITHIN}`;
      const former = journal.report ?? { at: null, artifact: null };
      journal.report = { ...former, warning: `a worker could not write it: ${why}`.slice(0, 500) };
    }
  }

  async #find(): Promise<string | null> {
    const mlflowRunId = await this.#mlflowRun();
    if (mlflowRunId === null) return null;
    const options = { startToCloseTimeout: PLACED_WITHIN, scheduleToCloseTimeout: PLACED_WITHIN } as const;
    return CancellationScope.nonCancellable(() =>
      small('run:report-place', 'where the report will be', options).placeReport({ mlflowRunId }),
    );
  }

  /** Null also where MLflow could not make one: then the report stays in the store. */
  async #mlflowRun(): Promise<string | null> {
    const opened = this.#run.openedMlflowRun;
    return opened === null ? null : opened.catch(() => null);
  }
}
