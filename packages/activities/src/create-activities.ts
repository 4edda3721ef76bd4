import type { SluiceActivities } from '@sluice/sdk';
import { withStableFailures } from './activity-failure.ts';
import { checkActivity } from './checks/check.ts';
import { checkShadowActivity } from './checks/check-shadow.ts';
import type { ActivityContext } from './context.ts';
import { identifyActivity } from './decide/identify.ts';
import { signalTimeActivity } from './decide/signal-time.ts';
import { evaluateActivity } from './evaluate/evaluate.ts';
import { extractActivity } from './extract/extract.ts';
import { watchTrafficActivity } from './health/watch-traffic.ts';
import { type JobOptions, jobActivity } from './job/job.ts';
import { notifyActivity } from './notify/notify.ts';
import { recordDecisionActivity } from './registry/decision-record.ts';
import { markVersionActivity } from './registry/mark-version.ts';
import { registerCandidateActivity } from './registry/register-candidate.ts';
import { closeRunActivity, openRunActivity } from './registry/run-record.ts';
import { replayActivity } from './replay/replay.ts';
import { type ReportWriter, reportActivities } from './report/report-writer.ts';
import { checkCandidateActivity } from './rollout/check-candidate.ts';
import {
  replyToRunActivity,
  requestRolloutActivity,
  rolloutOutcomeActivity,
  withdrawRolloutActivity,
} from './rollout/endpoint-calls.ts';
import { saveLedgerActivity } from './rollout/ledger.ts';
import { observeEndpointActivity } from './rollout/observe-endpoint.ts';
import { setTrafficActivity } from './rollout/set-traffic.ts';
import { startVersionActivity, stopVersionActivity } from './rollout/versions.ts';
import { activityScope, alive } from './serving/activity-scope.ts';
import { settingsActivity } from './settings.ts';
import { withRan } from './with-ran.ts';
import { hearing } from './worker-stop.ts';

/**
 * Every activity of Sluice, for one worker process; `job` is for its jobs.
 *
 * @param reports writes the reports of runs; left out: runs have none written
 */
export function createActivities(
  context: ActivityContext,
  job: JobOptions = {},
  reports?: ReportWriter,
): SluiceActivities {
  const { stopping } = context;
  const activities: SluiceActivities = {
    settings: settingsActivity(context, reports !== undefined),
    openRun: openRunActivity(context),
    closeRun: closeRunActivity(context),
    extract: withRan(extractActivity(context)),
    train: jobActivity(context, 'train', job),
    merge: jobActivity(context, 'merge', job),
    step: jobActivity(context, 'step', job),
    check: withRan(checkActivity(context)),
    evaluate: withRan(evaluateActivity(context)),
    replay: withRan(replayActivity(context)),
    registerCandidate: registerCandidateActivity(context),
    checkCandidate: checkCandidateActivity(context),
    identify: identifyActivity(context),
    signalTime: signalTimeActivity(context),
    recordDecision: recordDecisionActivity(context),
    notify: notifyActivity(context),
    ...reportActivities(reports),
    requestRollout: requestRolloutActivity(context),
    withdrawRollout: withdrawRolloutActivity(context),
    rolloutOutcome: rolloutOutcomeActivity(context),
    observeEndpoint: observeEndpointActivity(context),
    saveLedger: saveLedgerActivity(context),
    startVersion: startVersionActivity(context),
    setTraffic: setTrafficActivity(context),
    watchTraffic: watchTrafficActivity(context),
    checkShadow: checkShadowActivity(context),
    stopVersion: stopVersionActivity(context),
    markVersion: markVersionActivity(context),
    replyToRun: replyToRunActivity(context),
  };
  for (const name of silent) Object.assign(activities, { [name]: withHeartbeats(activities[name]) });
  const wrapped = Object.entries(activities).map(([name, activity]) => {
    const stable = withStableFailures(activity);
    return [name, stopping === undefined ? stable : hearing(stopping, stable)];
  });
  return Object.fromEntries(wrapped) as SluiceActivities;
}

/** Activities that have nothing to tell while they work; a heartbeat still shows at once that their worker is lost. */
const silent = [
  'openRun',
  'closeRun',
  'registerCandidate',
  'identify',
  'signalTime',
  'recordDecision',
  'notify',
  'placeReport',
  'writeReport',
  'rolloutOutcome',
  'markVersion',
  'replyToRun',
  'saveLedger',
  'withdrawRollout',
] as const satisfies (keyof SluiceActivities)[];

function withHeartbeats<F extends (input: never) => Promise<unknown>>(activity: F): F {
  return ((input: never) => alive(activityScope(), () => activity(input))) as F;
}
