import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type JobSpec, python } from '@sluice/sdk';
import {
  type Bench,
  failureOf,
  type RunningAttempt,
  startAttempt,
} from '../../packages/activities/src/job/testing/attempt.ts';
import type { Fault } from './fault.ts';
import { findRanks, type RankProcesses } from './rank-processes.ts';

export const WORLD = 4;
export const STEPS = 160;
const EVERY = 10;
/** Milliseconds in which an attempt must do what is waited for, on a busy machine too. */
const PATIENCE = 600_000;
const trainer = resolve(import.meta.dirname, '../../examples/digits/trainers/sharded.py');

/** One attempt that was struck, and where the next one went on from. */
export interface Struck {
  readonly fault: Fault;
  /** Code of the failure. */
  readonly ended: string;
  readonly resumedFrom: number;
  /** Last step that the trainer had told of. */
  readonly reached: number;
  /** Newest step that was committed when it had ended. */
  readonly kept: number;
}

export interface PlayedJob {
  readonly struck: readonly Struck[];
  /** Step that the last attempt went on from. */
  readonly resumedFrom: number;
  /** Digest of the final weights. */
  readonly digest: string;
}

/** Trains one job to its end, an attempt a fault and one more. */
export async function playJob(on: Bench, faults: readonly Fault[], say: (line: string) => void): Promise<PlayedJob> {
  const struck: Struck[] = [];
  for (const [index, fault] of faults.entries()) {
    const attempt = startAttempt(on, index + 1, { spec: spec() });
    const ended = attempt.outcome.then(() =>
      Promise.reject(new Error(`It was done before seed ${fault.seed} struck.`)),
    );
    const ranks = await Promise.race([findRanks(on.context.stateDir, WORLD, PATIENCE), ended]);
    await Promise.race([moment(attempt, ranks, fault), ended]);
    strike(on, ranks, fault);
    const { type, message, details } = await failureOf(attempt.outcome);
    const last = details.progress;
    const [resumedFrom, reached, kept] = [last?.resumedFrom ?? 0, last?.step ?? 0, last?.checkpoint ?? 0];
    struck.push({ fault, ended: type, resumedFrom, reached, kept });
    say(
      `seed ${fault.seed}: ${fault.victim} while ${fault.moment}: ${resumedFrom} → ${reached}, kept ${kept}: ${message}`,
    );
  }
  const last = startAttempt(on, faults.length + 1, { spec: spec() });
  const { result } = await last.outcome;
  return { struck, resumedFrom: last.heartbeats.at(-1)?.resumedFrom ?? 0, digest: digestOf(result) };
}

function spec(): Partial<JobSpec> {
  const launch = ['sluice.torchrun', '--standalone', '--nproc-per-node', String(WORLD), trainer];
  const run = { ...python('-m', launch, { env: { OMP_NUM_THREADS: '1' } }), code: [] };
  return { run, hyper: { steps: STEPS, every: EVERY } };
}

async function moment(attempt: RunningAttempt, ranks: RankProcesses, fault: Fault): Promise<void> {
  if (fault.moment !== 'starting') {
    await attempt.until(({ step, resumedFrom }) => (step ?? 0) >= (resumedFrom ?? 0) + fault.steps);
  }
  if (fault.moment === 'saving') {
    const until = Date.now() + PATIENCE;
    const saving = () => readdirSync(ranks.checkpoints).some((name) => name.startsWith('.step-'));
    while (!saving() && Date.now() < until) await delay(1);
  }
  await delay(fault.delay);
}

function strike(on: Bench, { agent, ranks }: RankProcesses, fault: Fault): void {
  if (fault.victim === 'notice') {
    on.notice(Date.now() + 120_000);
    return;
  }
  const pids = { rank: [ranks[fault.rank] ?? 0], agent: [agent], all: [agent, ...ranks] }[fault.victim];
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}

function digestOf(result: unknown): string {
  return (result as { readonly digest: string }).digest;
}

/** What did not hold of an attempt that was struck, and the step that the next one went on from. */
export function problemsOf({ fault, ended, resumedFrom, reached, kept }: Struck, next: number): string[] {
  const said = (what: string) => `seed ${fault.seed} (${fault.victim} while ${fault.moment}): ${what}`;
  return [
    ...(ended === 'Preempted' ? [] : [said(`ended as ${ended}`)]),
    ...(next === kept ? [] : [said(`committed ${kept}, but the next attempt went on from ${next}`)]),
    ...(kept >= resumedFrom ? [] : [said(`resumed from ${resumedFrom}, and only ${kept} was left`)]),
    ...(fault.victim !== 'notice' || kept === reached ? [] : [said(`told at step ${reached}, but kept ${kept}`)]),
    ...(reached - kept <= EVERY ? [] : [said(`lost ${reached - kept} steps`)]),
  ];
}
