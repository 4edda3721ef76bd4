/** Every side effect of a Sluice pipeline: the worker's side. */
export type { ActivityContext, PreemptionNotice, PreemptionNotices } from './context.ts';
export { createActivities } from './create-activities.ts';
export { type CollectOptions, collectGarbage } from './gc/collect.ts';
export { pruneDaily } from './gc/daily.ts';
export { defaultLocalAges } from './gc/local-state.ts';
export { temporalRuns } from './gc/runs.ts';
export type { KindTally } from './gc/tally.ts';
export { jobActivity } from './job/job.ts';
export { watchScheduledEvents } from './job/preemption/preemption.ts';
export { type ScheduledEventsStandIn, scheduledEventsStandIn } from './job/preemption/scheduled-events-stand-in.ts';
export { cleanWork } from './job/process/leftovers.ts';
export { type JobLog, jobLogs, logFolder, logPath } from './job/process/log-path.ts';
export { localSeam } from './job/seam.ts';
export { type MlflowClient, mlflowClient } from './mlflow/client.ts';
export { sendUnsent } from './mlflow/unsent.ts';
export { type ArtifactStore, hexOf } from './store/artifact-store.ts';
export { fileStore } from './store/file-store.ts';
export { openStore } from './store/open-store.ts';
