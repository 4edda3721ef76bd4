import { ErrorCode, SluiceError } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import type { DevFile } from '../dev/dev-file.ts';
import { UnreachableError, UsageError } from '../errors.ts';
import { PendingJobs } from '../follow/pending-jobs.ts';
import type { PendingJob } from '../follow/snapshot.ts';

export interface PreemptOptions {
  readonly client: Client;
  readonly workflowId: string;
  /** The running stack; only there can machines be taken away. */
  readonly stack: DevFile;
  /** Which job, where more than one runs. */
  readonly step?: string;
  /** Notice, in seconds. @default 30 */
  readonly seconds?: number;
  /** SIGKILL to the worker, without notice. @default false */
  readonly hard?: boolean;
}

export interface Preempted {
  readonly step: string;
  readonly machine: string;
  readonly pid: number;
  /** Id of the scheduled event; null for a hard kill. */
  readonly eventId: string | null;
}

/**
 * Takes the machine away from a job of the run: by notice, or hard.
 *
 * @throws SluiceError `Usage` when no job runs, or more than one and `step` does not say which.
 */
export async function preemptJob(options: PreemptOptions): Promise<Preempted> {
  const { client, workflowId, stack } = options;
  const description = await client.workflow.getHandle(workflowId).describe();
  const jobs = await new PendingJobs(client, workflowId).of(description);
  const job = choose(jobs.filter(isRunningJob), workflowId, options.step);
  const { machine, pid } = workerOf(job);
  const known = stack.workers.some((worker) => worker.machine === machine && worker.pid === pid);
  if (!known) {
    throw new SluiceError(
      ErrorCode.NotFound,
      `The worker ${machine}, which the job ${job.step} was given to, is gone or not of this dev stack.`,
      {
        where: workflowId,
        fix: 'If it was killed just now, the run notices within the heartbeat timeout: sluice status --follow',
      },
    );
  }
  if (options.hard) {
    process.kill(pid, 'SIGKILL');
    return { step: job.step, machine, pid, eventId: null };
  }
  return { step: job.step, machine, pid, eventId: await postNotice(stack, machine, options.seconds) };
}

/** Machine and process of the worker that has a job, from its identity `<class>@<machine>:<pid>`. */
export function workerOf(job: Pick<PendingJob, 'worker' | 'step'>): { class: string; machine: string; pid: number } {
  const match = /^(.+?)@(.+):(\d+)$/.exec(job.worker ?? '');
  if (match === null) {
    throw new SluiceError(ErrorCode.NotFound, `The worker of ${job.step} is not one of Sluice's.`, {
      where: job.worker ?? job.step,
    });
  }
  return { class: match[1] ?? '', machine: match[2] ?? '', pid: Number(match[3]) };
}

function isRunningJob(job: PendingJob): boolean {
  return job.started && job.worker !== null && ['train', 'merge', 'step'].includes(job.kind);
}

function choose(jobs: readonly PendingJob[], workflowId: string, step: string | undefined): PendingJob {
  const meant = step === undefined ? jobs : jobs.filter((job) => job.step === step || job.step.endsWith(`/${step}`));
  const list = jobs.map((job) => job.step).join(', ');
  if (meant.length === 1 && meant[0] !== undefined) return meant[0];
  if (jobs.length === 0)
    throw new UsageError(`No job of ${workflowId} runs now.`, 'Wait until one does: sluice status RUN');
  if (meant.length === 0) throw new UsageError(`No job "${step}" of ${workflowId} runs now.`, `Running: ${list}`);
  throw new UsageError(
    `More than one job of ${workflowId} runs now.`,
    `Name one by --step: ${list}`,
    meant.map((job) => job.step),
  );
}

async function postNotice(stack: DevFile, machine: string, seconds: number | undefined): Promise<string> {
  const url = `${stack.scheduledEventsUrl}/control/preempt`;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ machine, ...(seconds === undefined ? {} : { inSeconds: seconds }) }),
      signal: AbortSignal.timeout(5000),
    });
    if (!response.ok) throw new Error(`it answered ${response.status}: ${await response.text()}`);
    return ((await response.json()) as { eventId: string }).eventId;
  } catch (error) {
    throw new UnreachableError('The stand-in for scheduled events', url, 'Is sluice dev still running?', error);
  }
}
