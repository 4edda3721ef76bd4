import type { ActivityContext, MlflowClient, ReportWriter } from '@sluice/activities';
import { describeError } from '@sluice/sdk';
import { reportStyle } from '@sluice/ui';
import type { LoadedConfig } from '../config/load-config.ts';
import type { TemporalTarget } from '../run/temporal-target.ts';
import { version } from '../version.ts';
import { attachReport, placeOfReport } from './attach.ts';
import { gatherReport, type MostBytes } from './gather/gather.ts';
import { reportPage } from './page/page.ts';

/** What a worker reads: what it does besides must neither wait for that nor end by it. */
const READ: MostBytes = { one: 8 * 2 ** 20, all: 32 * 2 ** 20 };

export interface WorkerReportsOptions {
  readonly loaded: LoadedConfig;
  readonly target: TemporalTarget;
  readonly context: Pick<ActivityContext, 'temporal' | 'store' | 'mlflow'>;
}

/** Writes reports in a worker: into the store, and among the artifacts of the run's MLflow run. */
export function workerReports({ loaded, target, context }: WorkerReportsOptions): ReportWriter {
  const { temporal: client, store } = context;
  const { reports, encryption } = loaded.config;
  // Who encrypts histories does not want what they hold to stand in the clear elsewhere, unless they say so.
  const kept = reports ?? (encryption?.payloads === true ? 'stored' : 'attached');
  const mlflow = kept === 'stored' ? null : context.mlflow;
  return {
    place: async (mlflowRunId, signal) => (mlflow === null ? null : placeOfReport(mlflow, mlflowRunId, signal)),
    async write({ workflowId, mlflowRunId }, signal) {
      const report = await gatherReport({ loaded, store }, { client, target }, workflowId, version(), READ);
      const page = reportPage(report, await reportStyle());
      signal.throwIfAborted();
      const artifact = await store.putText(page, 'report');
      const attached = await attach(mlflow, mlflowRunId, page, signal);
      return { at: report.at, artifact, ...attached };
    },
  };
}

/** Time MLflow has to take the page, ms: it is small, and the run that ended waits for it. */
const ATTACH = 15_000;

/** A page that MLflow does not take is in the store all the same. */
async function attach(
  mlflow: MlflowClient | null,
  mlflowRunId: string | null,
  page: string,
  signal: AbortSignal,
): Promise<{ readonly page: string | null; readonly warning: string | null }> {
  if (mlflow === null || mlflowRunId === null) return { page: null, warning: null };
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ATTACH)]);
    return { page: await attachReport(mlflow, mlflowRunId, page, limit), warning: null };
  } catch (error) {
    signal.throwIfAborted();
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    const why = late
      ? `MLflow did not take it within ${ATTACH / 1000} s.`
      : (describeError(error).split('\n')[0] ?? '');
    return { page: null, warning: `not attached in MLflow: ${why}` };
  }
}
