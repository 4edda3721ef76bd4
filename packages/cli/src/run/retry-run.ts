import { randomUUID } from 'node:crypto';
import type { RunMemo } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from '../errors.ts';
import { checkoutOf } from '../git.ts';
import { readableEvents } from './readable.ts';
import { planReset, type ResetPlan, stepsOf } from './reset-plan.ts';
import { temporalCall } from './temporal-call.ts';
import type { TemporalTarget } from './temporal-target.ts';

export interface RetryOptions {
  readonly client: Client;
  readonly target: TemporalTarget;
  readonly workflowId: string;
  /** First step to run again. */
  readonly from: string;
  /** Workflow code to go on with. @default 'current' */
  readonly code?: 'current' | 'original';
  readonly root: string;
  readonly by: string;
  /** Only says what would be done. @default false */
  readonly dryRun?: boolean;
}

export interface RetryOutcome extends ResetPlan {
  /** Of the new execution; null for a dry run. */
  readonly runId: string | null;
}

/**
 * Resets a run so that it goes on from a step; what came before keeps its results.
 *
 * @throws SluiceError `Usage` listing the steps when there is no such one, or when `code` is `original` and the
 * checkout is another.
 */
export async function retryRun(options: RetryOptions): Promise<RetryOutcome> {
  const { client, target, workflowId, from } = options;
  const handle = client.workflow.getHandle(workflowId);
  const { description, history } = await temporalCall(target, async () => {
    const described = await handle.describe();
    const latest = client.workflow.getHandle(workflowId, described.runId);
    return { description: described, history: await latest.fetchHistory() };
  });
  const events = await readableEvents(client, history.events ?? []);
  const plan = planReset(events, from);
  if (plan === null) {
    const steps = stepsOf(events);
    throw new UsageError(
      `The run ${workflowId} has begun no step "${from}".${didYouMean(from, steps)}`,
      steps.length === 0 ? 'It has begun no step at all; start it anew.' : `It has begun: ${steps.join(', ')}`,
      steps,
    );
  }
  if (options.code === 'original') await checkSameCode(options.root, (description.memo ?? {}) as RunMemo);
  const resetTo = events.find(({ eventId }) => Number(eventId) === plan.eventId)?.eventId;
  if (options.dryRun || !resetTo) return { ...plan, runId: null };
  const { runId } = await temporalCall(target, () =>
    client.workflowService.resetWorkflowExecution({
      namespace: target.namespace,
      workflowExecution: { workflowId, runId: description.runId },
      reason: `sluice retry --from ${from} by ${options.by}`,
      requestId: randomUUID(),
      workflowTaskFinishEventId: resetTo,
    }),
  );
  return { ...plan, runId };
}

/** Workers run the checkout they were started from: the original code is at hand only if that has not moved. */
async function checkSameCode(root: string, memo: RunMemo): Promise<void> {
  const now = await checkoutOf(root);
  const same = memo.commit !== undefined && memo.commit === now.commit && memo.dirty === false && now.dirty === false;
  if (same) return;
  const was =
    memo.commit === undefined ? 'is not known' : `was ${memo.commit.slice(0, 12)}${memo.dirty ? ' with changes' : ''}`;
  const is =
    now.commit === null ? 'is no git checkout' : `is ${now.commit.slice(0, 12)}${now.dirty ? ' with changes' : ''}`;
  throw new UsageError(
    `The run's code ${was}, and the checkout ${is}: the workers here have no original code.`,
    memo.commit === undefined || memo.dirty
      ? 'Use --code current; code that was never committed cannot be had again.'
      : `Check out ${memo.commit.slice(0, 12)} and start the workers there, or use --code current.`,
  );
}
