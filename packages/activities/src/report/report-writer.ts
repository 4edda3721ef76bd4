import { ErrorCode, type SluiceActivities, SluiceError, type WrittenReport } from '@sluice/sdk';
import { activityScope, unlessAborted } from '../serving/activity-scope.ts';

/** Writes reports of runs. What reads histories and renders pages is not of this package: a worker is given it. */
export interface ReportWriter {
  /** @returns the address of MLflow's page that will show it; null where MLflow is off or does not take files */
  place(mlflowRunId: string, signal: AbortSignal): Promise<string | null>;
  /** Nothing is put anywhere once `signal` aborts: a later report may be there by then. */
  write(
    run: { readonly workflowId: string; readonly mlflowRunId: string | null },
    signal: AbortSignal,
  ): Promise<WrittenReport>;
}

/** Time one report has, its turn included, ms: less than its activity's, so that what ends it is said in words. */
const WITHIN = 40_000;

/** One report at a time and process: each may hold large histories and reports of steps in memory. */
export function reportActivities(
  writer: ReportWriter | undefined,
  within = WITHIN,
): Pick<SluiceActivities, 'placeReport' | 'writeReport'> {
  let before: Promise<unknown> = Promise.resolve();
  return {
    placeReport: async ({ mlflowRunId }) => (await writer?.place(mlflowRunId, activityScope().signal)) ?? null,
    writeReport: async (run) => {
      if (writer === undefined) throw noWriter();
      const end = new AbortController();
      const late = setTimeout(() => end.abort(tooLate(run.workflowId, within)), within);
      const signal = AbortSignal.any([activityScope().signal, end.signal]);
      const mine = before.then(() => {
        signal.throwIfAborted();
        return unlessAborted(signal, writer.write(run, signal));
      });
      before = mine.catch(() => {});
      try {
        return await unlessAborted(signal, mine);
      } finally {
        clearTimeout(late);
      }
    },
  };
}

function noWriter(): SluiceError {
  return new SluiceError(ErrorCode.Refused, 'This worker writes no reports.', {
    fix: '`sluice report RUN` writes one.',
    permanent: true,
  });
}

function tooLate(run: string, within: number): SluiceError {
  return new SluiceError(ErrorCode.BudgetSpent, `The report was not written within ${within / 1000} s.`, {
    where: run,
    fix: '`sluice report RUN` takes the time that it needs.',
    permanent: true,
  });
}
