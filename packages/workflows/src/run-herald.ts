import { describeError, errorCode, type Notification } from '@sluice/sdk';
import { small } from './activities.ts';
import { quoted } from './deploy-commands.ts';
import { withReport } from './notified-report.ts';
import type { RunState } from './run-state.ts';

/** Tells people that a run has failed. A hook that is down changes nothing about how the run ends. */
export async function tellFailure(run: RunState, error: unknown): Promise<void> {
  if (!run.settings.notify) return;
  const why = `${errorCode(error)}: ${describeError(error).split('\n')[0]?.slice(0, 500)}`;
  const notification: Notification = {
    event: 'failed',
    pipeline: run.pipeline,
    run: run.id,
    step: null,
    round: null,
    endpoint: null,
    candidate: null,
    verdict: null,
    text: `${run.id} failed: ${why}`,
    links: run.journal.links,
    commands: [`sluice status ${quoted(run.id)}`],
    at: new Date().toISOString(),
  };
  const ref = { workflowId: run.id, pipeline: run.pipeline, step: 'run', name: 'run', keys: {} };
  try {
    await small('run:notify:failed', 'notify failed', { scheduleToCloseTimeout: '2 minutes' }).notify({
      ref,
      notification: run.reports.on && run.journal.judged ? await withReport(run, notification) : notification,
    });
  } catch {
    // The activity has logged it; the run's own failure is what counts.
  }
}
