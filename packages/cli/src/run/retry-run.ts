import { randomUUID } from 'node:crypto';
import type { RunMemo } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { Deployment, pinOf, pinTo, type Version } from '../code/deployment.ts';
import { didYouMean } from '../config/suggest.ts';
import { CodeMismatchError, UsageError } from '../errors.ts';
import { checkoutOf } from '../git.ts';
import type { BuildVersion } from './current-build.ts';
import { readableEvents } from './readable.ts';
import { type Misfit, misfitOf } from './replay-kept.ts';
import { childrenUnderWay, planReset, type ResetPlan, resetPoints, stepsOf } from './reset-plan.ts';
import { temporalCall } from './temporal-call.ts';
import { converting, type TemporalTarget } from './temporal-target.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

export interface RetryOptions {
  readonly client: Client;
  readonly target: TemporalTarget;
  readonly workflowId: string;
  /** First step to run again. */
  readonly from: string;
  /** Workflow code to go on with. @default 'current' */
  readonly code?: 'current' | 'original';
  readonly root: string;
  /** Build of the checkout's code, where workers have builds. @default the one that is current on the server */
  readonly build?: BuildVersion | null;
  /** Gives the bundle of the build that the run began on, and has it served; null where nobody keeps it. */
  readonly keptBuild?: (buildId: string) => Promise<WorkflowBundleOption | null>;
  /** The workflow code of the checkout, which has to come the way that the run keeps. */
  readonly workflowBundle: () => Promise<WorkflowBundleOption>;
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
 * checkout is another; `CodeMismatch` when the checkout's code leaves the way that is kept. Nothing is reset then.
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
  const pinned = pinOf(description.raw.workflowExecutionInfo?.versioningInfo);
  const original = options.code === 'original';
  const kept = original && pinned?.buildId ? ((await options.keptBuild?.(pinned.buildId)) ?? null) : null;
  if (original && kept === null) await checkSameCode(options.root, (description.memo ?? {}) as RunMemo);
  await checkFits(kept === null ? options : { ...options, workflowBundle: async () => kept }, events, plan);
  const resetTo = events.find(({ eventId }) => Number(eventId) === plan.eventId)?.eventId;
  if (options.dryRun || !resetTo) return { ...plan, runId: null };
  const moved = pinned === null ? {} : await temporalCall(target, () => onBuild(options, pinned));
  const { runId } = await temporalCall(target, () =>
    client.workflowService.resetWorkflowExecution({
      namespace: target.namespace,
      workflowExecution: { workflowId, runId: description.runId },
      reason: `sluice retry --from ${from} by ${options.by}`,
      requestId: randomUUID(),
      workflowTaskFinishEventId: resetTo,
      ...moved,
    }),
  );
  return { ...plan, runId };
}

/** A run that is kept on a build goes on with the checkout's, or with its own. */
async function onBuild({ client, build, code }: RetryOptions, pinned: Version) {
  const deploymentName = build?.deploymentName ?? pinned.deploymentName ?? '';
  const current = () => build?.buildId ?? new Deployment(client, deploymentName).current();
  const buildId = code === 'original' ? pinned.buildId : await current();
  if (!buildId) return {};
  const workflowExecutionOptions = { versioningOverride: pinTo(deploymentName, buildId) };
  const updateMask = { paths: ['versioning_override'] };
  return { postResetOperations: [{ updateWorkflowOptions: { workflowExecutionOptions, updateMask } }] };
}

/** Refuses code that a worker would stop at: what it would do to what is kept is seen by doing it. */
async function checkFits(options: RetryOptions, events: readonly HistoryEvent[], plan: ResetPlan): Promise<void> {
  const misfitAt = await replayer(options, events);
  const misfit = await misfitAt(plan.eventId);
  if (misfit === null) return;
  // What fits up to a task fits up to every earlier one.
  const points = resetPoints(events).filter(({ eventId }) => eventId < plan.eventId);
  let [fitting, broken] = [-1, points.length];
  while (broken - fitting > 1) {
    const middle = Math.floor((fitting + broken) / 2);
    if ((await misfitAt(points[middle]?.eventId ?? 0)) === null) fitting = middle;
    else broken = middle;
  }
  throw new CodeMismatchError(options.workflowId, options.from, misfit, points[fitting]?.step ?? null);
}

/** What of the code does not fit what a reset to an event keeps: of the run, and of its children that go on. */
async function replayer({ client, target, workflowId, workflowBundle }: RetryOptions, events: readonly HistoryEvent[]) {
  const code = { workflowBundle: await workflowBundle(), ...converting(target) };
  return async (resetTo: number): Promise<Misfit | null> => {
    const misfit = await misfitOf({ workflowId, events, resetTo }, code);
    if (misfit !== null) return misfit;
    for (const child of childrenUnderWay(events, resetTo)) {
      const handle = client.workflow.getHandle(child);
      const { status } = await temporalCall(target, () => handle.describe());
      if (status.name !== 'RUNNING') continue;
      const { events: its } = await temporalCall(target, () => handle.fetchHistory());
      const other = await misfitOf({ workflowId: child, events: its ?? [], resetTo: Number.POSITIVE_INFINITY }, code);
      if (other !== null) return other;
    }
    return null;
  };
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
