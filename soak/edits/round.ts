import { tmpdir } from 'node:os';
import { errorCode, type RunStatus } from '@sluice/sdk';
import { CliErrorCode } from '../../packages/cli/src/errors.ts';
import { stepsOf } from '../../packages/cli/src/run/reset-plan.ts';
import { retryRun } from '../../packages/cli/src/run/retry-run.ts';
import { codeOf } from '../../test/edits/code.ts';
import { lookAt } from '../../test/edits/look.ts';
import type { Program } from '../../test/edits/program.ts';
import type { Stand } from '../../test/edits/stand.ts';
import { waitFor } from '../../test/harness/wait-for.ts';
import { eventsOf, resetTo } from '../../test/repair/reset.ts';
import { Random } from '../harness/random.ts';
import type { Case } from './generate.ts';
import { problemsOf } from './verdict.ts';

/** How a run took the change of its code. */
export type Outcome = 'ended' | 'stopped' | 'refused';

export interface Played {
  readonly case: Case;
  readonly outcome: Outcome;
  /** What its workflow task failed with, or why the retry was refused. */
  readonly why: string | null;
  /** What did not hold. */
  readonly problems: readonly string[];
}

interface Run {
  readonly case: Case;
  readonly name: string;
  readonly workflowId: string;
}

/** How long a run may take for one of its ways, ms; generous, for the machine may be busy. */
const PATIENCE = 150_000;
/** How often a run is looked at, ms: two dozen are at once. */
const EVERY = 400;

/** Several runs at once: all wait, then the code of all changes, and in the end that of before is back. */
export async function playRound(stand: Stand, cases: readonly Case[]): Promise<Played[]> {
  const named = (version: 'before' | 'after') =>
    Object.fromEntries(cases.map((one) => [nameOf(one), one[version]])) as Record<string, Program>;
  await stand.serve(named('before'));
  const runs = await Promise.all(cases.map((one) => begun(stand, one)));
  const late = await Promise.all(
    runs.map((run) =>
      waits(stand, run).then(
        () => [],
        (error: unknown) => [String(error)],
      ),
    ),
  );
  await stand.away();

  const changed = named('after');
  const refused = new Map<Run, string>();
  const idle = new Set<Run>();
  const bundle = await codeOf(changed);
  // One after another: each replays histories by a worker of its own.
  for (const run of runs) {
    if (stepsOf(await eventsOf(stand.client, run.workflowId)).length === 0) idle.add(run);
    const why = await taken(stand, run, bundle).catch((error: unknown) => `could not be taken back: ${error}`);
    if (why !== null) refused.set(run, why);
  }
  await stand.serve(changed);
  const outcomes = await Promise.all(
    runs.map(async (run) => {
      const why = refused.get(run);
      if (why !== undefined) return { outcome: 'refused', why } as const;
      return goesOn(stand, run, true).catch(
        (error: unknown) => ({ outcome: 'stopped', why: `neither ended nor stopped: ${error}` }) as const,
      );
    }),
  );
  await stand.serve(named('before'));
  return Promise.all(
    runs.map(async (run, i) => {
      const { outcome, why } = outcomes[i] as (typeof outcomes)[number];
      const result = await resultOf(stand, run, outcome).catch(
        (error: { cause?: unknown }) => `${error} ${error.cause ?? ''}`,
      );
      const problems = [...(late[i] ?? []), ...problemsOf(run.case, outcome, why, result, !idle.has(run))];
      return { case: run.case, outcome, why, problems };
    }),
  );
}

export function nameOf({ seed }: Case): string {
  return `edited-${seed}`;
}

async function begun(stand: Stand, one: Case): Promise<Run> {
  const name = nameOf(one);
  const workflowId = stand.idOf(name);
  if (one.held !== null) stand.hold(workflowId, one.held);
  for (const [step, how] of Object.entries(one.flaky)) stand.fail(workflowId, step, how);
  await stand.start(name);
  return { case: one, name, workflowId };
}

/** Until the run has come to where it waits. */
async function waits(stand: Stand, { case: { held, before }, workflowId }: Run): Promise<void> {
  const asks = before.some((part) => 'asks' in part && part.asks);
  await waitFor(
    `${workflowId} to wait`,
    async () => {
      if (held !== null) return stand.begun(workflowId);
      if (asks) return (await lookAt(stand.client, workflowId)).state === 'awaiting-approval';
      return (await stand.client.workflow.getHandle(workflowId).query<boolean>('waits')) === true;
    },
    PATIENCE,
    EVERY,
  );
}

/** Takes a run back, where that is its way. @returns why that was refused, or null */
async function taken(stand: Stand, { case: { way, seed }, workflowId }: Run, bundle: { code: string }) {
  if (way === 'continued') return null;
  const events = await eventsOf(stand.client, workflowId);
  const random = new Random(seed + 1_000);
  if (way === 'reset') {
    const tasks = events.filter((event) => event.workflowTaskCompletedEventAttributes);
    await resetTo(stand.client, workflowId, Number(random.pick(tasks).eventId));
    return null;
  }
  const steps = stepsOf(events);
  // It waits before its first step: there is nothing to retry from.
  if (steps.length === 0) return null;
  try {
    await retryRun({
      client: stand.client,
      target: stand.target,
      workflowId,
      from: random.pick(steps),
      root: tmpdir(),
      workflowBundle: async () => bundle,
      by: 'soak',
    });
    return null;
  } catch (error) {
    if (errorCode(error) !== CliErrorCode.CodeMismatch) throw error;
    return String((error as Error).message);
  }
}

/** Lets a run go on until it ends, or, where that is what is looked for, until its code stops it. */
async function goesOn(
  stand: Stand,
  { workflowId }: Run,
  stops: boolean,
): Promise<{ outcome: Outcome; why: string | null }> {
  await stand.letGo(workflowId);
  const approved = new Set<string>();
  const look = await waitFor(
    `${workflowId} to end${stops ? ' or stop' : ''}`,
    async () => {
      const now = await lookAt(stand.client, workflowId);
      if (now.status !== 'RUNNING' || (stops && now.stopped !== null)) return now;
      if (now.state === 'awaiting-approval') await approve(stand, workflowId, approved);
      return null;
    },
    PATIENCE,
    EVERY,
  );
  return look.status === 'RUNNING' ? { outcome: 'stopped', why: look.stopped } : { outcome: 'ended', why: null };
}

/** Approves what the run asks now, each question once: several may be open. */
async function approve(stand: Stand, workflowId: string, approved: Set<string>): Promise<void> {
  const handle = stand.client.workflow.getHandle(workflowId);
  const { runId } = await handle.describe();
  for (const { step, endpoint, candidate, round } of (await handle.query<RunStatus>('status')).gates) {
    const question = `${runId} ${step} ${round}`;
    if (approved.has(question)) continue;
    approved.add(question);
    await handle.signal('approve', { by: 'ana', run: workflowId, step, endpoint, candidate, round });
  }
}

/** What the run returned in the end, by the code of before where it did not end by the changed one. */
async function resultOf(stand: Stand, run: Run, outcome: Outcome): Promise<unknown> {
  if (outcome !== 'ended') await goesOn(stand, run, false);
  return stand.client.workflow.getHandle(run.workflowId).result();
}
