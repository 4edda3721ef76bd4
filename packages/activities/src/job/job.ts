import { resolve } from 'node:path';
import {
  ErrorCode,
  type JobInput,
  type JobOutcome,
  type JobSpec,
  missedVariable,
  type SluiceActivities,
  SluiceError,
} from '@sluice/sdk';
import { CancelledFailure } from '@temporalio/common';
import type { ActivityContext } from '../context.ts';
import { type CheckpointLine, claimLine, lineKey } from './checkpoints/checkpoint-line.ts';
import type { Manifest } from './checkpoints/manifest.ts';
import { type Heartbeat, startHeartbeat } from './events/heartbeat.ts';
import { endOnce, hasSuccessor, statusOf } from './events/log-end.ts';
import { type ProgressTracker, trackProgress } from './events/progress.ts';
import { type TrainingLog, trainingLog } from './events/training-log.ts';
import { jobFailure } from './failure.ts';
import { type WorkDigests, workDigests } from './inputs/digests.ts';
import { fetchInputs } from './inputs/inputs.ts';
import { lineageOf } from './inputs/lineage.ts';
import { writeStepFile } from './inputs/step-file.ts';
import { makeWorkDir, removeWorkDir, type WorkDir } from './inputs/work-dir.ts';
import { storeModel, storeOutput } from './job-result.ts';
import { defaultGrace, type Grace, watchInside, watchOutside } from './preemption/watches.ts';
import { newAttemptId } from './process/attempt-id.ts';
import { type Ending, judgeEnding } from './process/ending.ts';
import { lastWords } from './process/last-words.ts';
import { killLeftovers } from './process/leftovers.ts';
import { logPath } from './process/log-path.ts';
import { logTail } from './process/log-tail.ts';
import { missingModule } from './process/missing-module.ts';
import { findProgram, type Program } from './process/program.ts';
import { type Stopper, stopper } from './process/stop.ts';
import { trainerEnv } from './process/trainer-env.ts';
import { type ActivitySeam, localSeam, temporalSeam } from './seam.ts';
import { runTrainer, type TrainerRun } from './trainer-run.ts';

export interface JobOptions {
  /** How long stopping may take. */
  readonly grace?: Partial<Grace>;
  readonly trainingLog?: typeof trainingLog;
}

/** The activity that runs one attempt of a command that speaks the trainer protocol; see `docs/training.md`. */
export function jobActivity(
  context: ActivityContext,
  kind: JobSpec['kind'],
  options: JobOptions = {},
): SluiceActivities['train'] {
  return (input) => runJob(context, kind, input, temporalSeam() ?? localSeam(), options);
}

const AFTER_KILL_MS = 25_000;

/** One attempt, and what it works with. */
interface Attempt {
  readonly context: ActivityContext;
  readonly kind: JobSpec['kind'];
  readonly input: JobInput;
  readonly seam: ActivitySeam;
  readonly id: string;
  readonly where: string;
  readonly work: WorkDir;
  readonly startedAt: number;
  readonly progress: ProgressTracker;
  readonly heartbeat: Heartbeat;
  readonly stop: Stopper;
  readonly grace: Grace;
  readonly log: TrainingLog;
}

/**
 * Runs one attempt of a job, inside or outside of Temporal.
 *
 * @throws ApplicationFailure whose type is an `ErrorCode` and whose details are one `JobFailure`; CancelledFailure.
 */
export async function runJob(
  context: ActivityContext,
  kind: JobSpec['kind'],
  input: JobInput,
  seam: ActivitySeam,
  options: JobOptions = {},
): Promise<JobOutcome> {
  const startedAt = Date.now();
  const progress = trackProgress({ machine: context.machine, startedAt });
  const stop = stopper();
  const grace = { ...defaultGrace, ...options.grace };
  const log = endOnce((options.trainingLog ?? trainingLog)(context, input));
  const heartbeat = startHeartbeat(seam, progress.snapshot);
  const unwatch = watchOutside(context, seam, stop, grace);
  const id = newAttemptId();
  const where = `step ${input.ref.step}, attempt ${input.attempt}`;
  let work: WorkDir | null = null;
  let unfinished: Promise<unknown> = Promise.resolve();
  let line: CheckpointLine | null = null;
  let run: TrainerRun | null = null;
  let tail: readonly string[] = [];
  try {
    work = makeWorkDir(context.stateDir, id);
    const attempt = { context, kind, input, seam, id, where, work, startedAt, progress, heartbeat, stop, grace, log };
    const started = log.start().catch(() => ({ runId: null }));
    const preparing = prepare(attempt);
    unfinished = preparing;
    const ready = await unlessStopped(stop, preparing, 'any');
    line = ready.line;
    run = await train(attempt, ready);
    tail = run.exit.code === 0 && stop.current === null ? [] : await tailOf(attempt, run);
    const outcome = await finish(attempt, ready, run, tail, started);
    await log.end('done');
    return outcome;
  } catch (error) {
    await log.end(await statusOf(error, () => hasSuccessor(context, input, id, line)));
    throw jobFailure(error, { where, progress: progress.snapshot(Date.now()), exit: run?.exit ?? null, tail });
  } finally {
    unwatch();
    heartbeat.stop();
    if (work !== null) await removeWorkDir(work, unfinished);
  }
}

interface Ready {
  readonly program: Program;
  readonly env: Record<string, string>;
  readonly digests: WorkDigests;
  readonly line: CheckpointLine;
  readonly resume: Manifest | null;
}

/** Everything before the trainer starts: looks at the command, claims the work, fetches what it needs. */
async function prepare(attempt: Attempt): Promise<Ready> {
  const { context, input, work, seam, id, where } = attempt;
  const { spec, ref } = input;
  const env = trainerEnv(context, spec.run, work, id);
  const program = findProgram(spec.run, { root: context.root, python: context.python, path: env.PATH ?? '', where });
  const digests = await workDigests(context.root, spec);
  const claim = { order: input.order, attempt: input.attempt, delivery: seam.delivery, owner: id };
  const line = await claimLine(context.store, lineKey(ref), {
    claim,
    digests,
    resume: spec.resume,
    keep: spec.keep,
    lazy: attempt.kind === 'step',
  });
  const [inputs, resume] = await Promise.all([fetchInputs(context, spec, work.root), line.load(work.resume)]);
  writeStepFile(work, input, inputs, resume === null ? null : { step: resume.step, path: work.resume });
  return { program, env, digests, line, resume };
}

/** Runs the trainer, with everything that may end it early. */
async function train(attempt: Attempt, { program, env, line, resume }: Ready): Promise<TrainerRun> {
  const { context, input, work, stop, progress, heartbeat, log } = attempt;
  let lastEvent = Date.now();
  const life = { lastEvent: () => lastEvent, paths: [work.root, logOf(context, input)] };
  const unwatch = watchInside(input, stop, attempt.grace, attempt.startedAt, life);
  try {
    return await runTrainer({
      group: {
        program,
        cwd: resolve(context.root),
        env,
        log: logOf(context, input),
      },
      work,
      line,
      resumedFrom: resume?.step ?? null,
      progress,
      heartbeat,
      stop,
      log,
      onLife: () => {
        lastEvent = Date.now();
      },
    });
  } finally {
    unwatch();
  }
}

/** Judges how the trainer ended, and keeps what it left. */
async function finish(
  attempt: Attempt,
  ready: Ready,
  run: TrainerRun,
  tail: readonly string[],
  started: Promise<{ readonly runId: string | null }>,
): Promise<JobOutcome> {
  const { context, kind, input, work, stop, progress, log, grace } = attempt;
  const { env } = ready;
  if (run.exit.code !== 0 || stop.current !== null) await killLeftovers(attempt.id);
  const saidDone = kind === 'step' ? run.result !== null : run.model !== null;
  const ending = judgeEnding({
    ...run,
    stop: stop.current,
    tail,
    missed: missedVariable(process.env, env, tail) ?? missingModule(lastWords(tail), context.config.python),
    saidDone,
  });
  if (ending.kind !== 'done') {
    const error = errorOf(ending);
    const tellLog = async (): Promise<void> => log.end(await statusOf(error, () => ready.line.superseded()));
    await Promise.all([keepCheckpoints(attempt, run), tellLog()]);
    throw error;
  }
  const left = { work, model: run.model, result: run.result };
  const store = async (): Promise<JobOutcome['result']> => {
    if (kind === 'step') return storeOutput(context.store, input, left);
    const { metrics } = progress.snapshot(Date.now());
    const lineage = await lineageOf(context.store, input.spec, ready.digests);
    return storeModel(context.store, input, left, { lineage, mlflowRunId: (await started).runId, metrics });
  };
  const settled = run.uploader.settle(Date.now() + grace.commit);
  const result = await unlessStopped(
    stop,
    store().finally(() => settled),
    'grave',
  );
  return { result, progress: progress.snapshot(Date.now()) };
}

/** Commits what the trainer has written, as far as there is time: the next attempt goes on from there. */
async function keepCheckpoints({ stop, grace }: Attempt, run: TrainerRun): Promise<void> {
  if (stop.current?.kind === 'fenced') return;
  const shorter = stop.requested.then(() => run.uploader.flush(stop.current?.commitUntil ?? 0));
  // A trainer that was killed from outside may be the first sign of a machine that goes away.
  const time = run.exit.signal === 'SIGKILL' ? Math.min(grace.commit, AFTER_KILL_MS) : grace.commit;
  await (stop.current === null ? Promise.race([run.uploader.flush(Date.now() + time), shorter]) : shorter);
}

/** @param when `grave`: only a cancellation, or a newer attempt, stops this work; a preemption lets it finish. */
async function unlessStopped<Value>(stop: Stopper, work: Promise<Value>, when: 'any' | 'grave'): Promise<Value> {
  const stopped = stop.requested.then(() => {
    const kind = stop.current?.kind;
    if (when === 'grave' && kind !== 'cancelled' && kind !== 'fenced' && kind !== 'failed') return work;
    work.catch(() => {}); // nobody waits for it any more
    throw errorOf(
      judgeEnding({
        exit: { code: null, signal: null },
        stop: stop.current,
        tail: [],
        killedForMemory: false,
        saidDone: false,
      }),
    );
  });
  return Promise.race([work, stopped]);
}

function errorOf(ending: Ending): unknown {
  if (ending.kind === 'cancelled') return new CancelledFailure('The run was cancelled.');
  if (ending.kind === 'error') return ending.error;
  if (ending.kind === 'done') return new SluiceError(ErrorCode.Internal, 'The attempt was stopped without a reason.');
  return new SluiceError(ending.code, ending.what, ending.fix === undefined ? {} : { fix: ending.fix });
}

function logOf({ stateDir }: ActivityContext, { ref, attempt }: JobInput): string {
  return logPath(stateDir, ref.workflowId, ref.step, attempt);
}

async function tailOf({ context, input }: Attempt, run: TrainerRun): Promise<readonly string[]> {
  return logTail(logOf(context, input), run.logFrom);
}
