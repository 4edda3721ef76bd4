import { ErrorCode, errorCode, type Json, SluiceError } from '@sluice/sdk';
import type { CheckpointLine } from './checkpoints/checkpoint-line.ts';
import { checkpointUploader, type LocalCheckpoint, type Uploader } from './checkpoints/uploader.ts';
import { type CheckpointFact, freshCheckpoints, judgeCheckpoint, refusal } from './events/checkpoint-rules.ts';
import type { TrainerEvent } from './events/event.ts';
import { tailEvents } from './events/events.ts';
import type { Heartbeat } from './events/heartbeat.ts';
import { logQueue } from './events/log-queue.ts';
import type { ProgressTracker } from './events/progress.ts';
import type { TrainingLog } from './events/training-log.ts';
import { pruneEmpty, takeOver, type WorkDir } from './inputs/work-dir.ts';
import { oomKills } from './process/out-of-memory.ts';
import { type Exit, type GroupOptions, startGroup } from './process/process-group.ts';
import type { Stopper } from './process/stop.ts';

export interface TrainerRun {
  readonly exit: Exit;
  /** Path of the last `model` event. */
  readonly model: string | null;
  /** Value of the last `result` event. */
  readonly result: { readonly value: Json } | null;
  readonly killedForMemory: boolean;
  /** Size of the log when the trainer was started. */
  readonly logFrom: number;
  /** Holds the checkpoints that are not committed yet. */
  readonly uploader: Uploader;
}

export interface TrainerRunOptions {
  readonly group: GroupOptions;
  readonly work: WorkDir;
  readonly line: CheckpointLine;
  readonly resumedFrom: number | null;
  readonly progress: ProgressTracker;
  readonly heartbeat: Heartbeat;
  readonly stop: Stopper;
  readonly log: TrainingLog;
  /** Called at every event of the trainer. */
  readonly onLife: () => void;
}

/** Starts a trainer, follows it until it and all it started are gone, and has read all it wrote. */
export async function runTrainer(options: TrainerRunOptions): Promise<TrainerRun> {
  const { work, stop, progress, heartbeat, group: groupOptions } = options;
  const kills = oomKills();
  const printed = logQueue(groupOptions.log);
  const fail = (error: unknown): void => {
    const kind = errorCode(error) === ErrorCode.Fenced ? 'fenced' : 'failed';
    const why = error instanceof Error ? error.message : String(error);
    printed.add('error', why);
    stop.request({ kind, why, killAt: 0, commitUntil: kind === 'fenced' ? 0 : Date.now() + 10_000, error });
  };
  const renamed = onceEach((name) => {
    const shown = name === '' ? 'of no letters' : `of ${name.length} letters, ${name.slice(0, 80)}…,`;
    printed.add('warning', `a metric's name ${shown} is shortened: it may have 1 to 250`);
  });
  let rules = freshCheckpoints(options.resumedFrom);
  /** @returns false for what is to be passed over. @throws SluiceError `ProtocolError` */
  const admit = (fact: CheckpointFact): boolean => {
    const { state, verdict } = judgeCheckpoint(rules, fact);
    rules = state;
    if (verdict.verdict === 'refuse') throw refusal(verdict);
    return verdict.verdict === 'take';
  };

  const uploader = checkpointUploader({
    commit: async ({ step, directory, ...checkpoint }) => {
      const manifest = await options.line.commit(step, directory, (digest) => admit({ type: 'stored', step, digest }));
      admit({ type: 'committed', step, digest: manifest.files.digest });
      progress.committed(step, checkpoint.reachedAt);
      heartbeat.changed();
    },
    onFatal: fail,
    onRetry: (checkpoint, error, wait) =>
      printed.add('warning', `checkpoint of step ${checkpoint.step} not stored, next try in ${wait} ms: ${error}`),
  });
  const said: { model: string | null; result: { value: Json } | null } = { model: null, result: null };
  const inOrder = orderedWork(fail);
  let taken = 0;

  const onEvent = (event: TrainerEvent): void => {
    const now = Date.now();
    options.onLife();
    switch (event.type) {
      case 'metric':
        progress.reached(event.step, now);
        progress.measured(event.values);
        for (const name of event.renamed ?? []) renamed.tell(name);
        options.log.metrics(
          Object.entries(event.values).map(([name, value]) => ({ name, value, step: event.step, time: event.time })),
        );
        break;
      case 'progress':
        progress.reached(event.step, now, event.total);
        break;
      case 'checkpoint':
        admit({ type: 'announced', step: event.step, rank: event.rank });
        progress.reached(event.step, now);
        taken += 1;
        inOrder.add(takeCheckpoint(work, event.path, taken, event.step, now, uploader));
        break;
      case 'model':
        said.model = event.path;
        break;
      case 'log':
        printed.add(event.level, event.message);
        break;
      case 'result':
        said.result = { value: event.value };
        break;
    }
    heartbeat.changed();
  };

  const tail = await tailEvents(work.events, onEvent, fail);
  try {
    const group = await startGroup(groupOptions);
    progress.spawned(Date.now(), options.resumedFrom);
    stop.attach(group);
    const exit = await group.exited;
    await stop.finish(exit);
    await tail.drain();
    await Promise.all([inOrder.done(), printed.done()]);
    const killedForMemory = exit.code !== 0 && kills !== null && (oomKills() ?? 0) > kills;
    return { exit, ...said, killedForMemory, logFrom: group.logFrom, uploader };
  } finally {
    await stop.finish(null);
    await tail.close();
  }
}

function takeCheckpoint(
  work: WorkDir,
  path: string,
  number: number,
  step: number,
  reachedAt: number,
  uploader: Uploader,
): () => Promise<void> {
  return async () => {
    const directory = await takeOver(work, path, number);
    if (await pruneEmpty(directory)) {
      throw new SluiceError(ErrorCode.ProtocolError, `The checkpoint ${path} of step ${step} is empty.`, {
        fix: 'Write its files first, then name it in the event.',
      });
    }
    const checkpoint: LocalCheckpoint = { step, directory, reachedAt };
    uploader.add(checkpoint);
  };
}

/** Tells each of a few things once. */
function onceEach(say: (what: string) => void, most = 100): { tell(what: string): void } {
  const told = new Set<string>();
  return {
    tell(what) {
      if (told.size >= most || told.has(what)) return;
      told.add(what);
      say(what);
    },
  };
}

/** Runs one after the other, in the order they were added; after the first error nothing more. */
function orderedWork(onError: (error: unknown) => void): {
  add(work: () => Promise<void>): void;
  done(): Promise<void>;
} {
  let chain: Promise<void> = Promise.resolve();
  let failed = false;
  return {
    add(work) {
      chain = chain.then(async () => {
        if (failed) return;
        try {
          await work();
        } catch (error) {
          failed = true;
          onError(error);
        }
      });
    },
    done: () => chain,
  };
}
