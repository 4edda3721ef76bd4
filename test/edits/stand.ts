import { type StepRef, taskQueue } from '@sluice/sdk';
import { Context } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { connectClient, plainTarget, type TemporalTarget } from '../../packages/cli/src/run/temporal-target.ts';
import { progress, stubActivities } from '../harness/stub-activities.ts';
import { codeOf } from './code.ts';
import { GO, type Program } from './program.ts';

type Handle = Awaited<ReturnType<Client['workflow']['start']>>;

/** Runs of programs whose code changes while they wait: workflows and steps have workers of their own. */
export interface Stand {
  readonly client: Client;
  readonly target: TemporalTarget;
  /** Serves workflows with these programs as code, in the place of the worker before. */
  serve(programs: Readonly<Record<string, Program>>): Promise<void>;
  /** Takes the workflows' worker away. The steps' worker stays: what is under way goes on. */
  away(): Promise<void>;
  start(program: string): Promise<Handle>;
  /** The workflow id of a program's run. */
  idOf(program: string): string;
  /** From now on the step of this run does not end before it is let go. */
  hold(workflowId: string, step: string): void;
  /** Resolves when the held step of this run is under way. */
  begun(workflowId: string): boolean;
  /** Ends the waits of this run, those of its code too. */
  letGo(workflowId: string): Promise<void>;
  /** The first attempt of this step ends so; another follows. */
  fail(workflowId: string, step: string, how: string): void;
  close(): Promise<void>;
}

interface Held {
  begun: boolean;
  readonly over: PromiseWithResolvers<void>;
}

let count = 0;

export async function startStand(address: string): Promise<Stand> {
  count += 1;
  if (count === 1) quietEngine();
  const project = `edits-${process.pid}-${count}`;
  const target = plainTarget(address, 'default', 'flags', null);
  const { client, close } = await connectClient(target);
  const native = await NativeConnection.connect({ address });
  const held = new Map<string, Held>();
  const failing = new Map<string, string>();
  const jobs = taskQueue(project, 'cpu');
  const classes = { cpu: { taskQueue: jobs, gpus: 0, interruptible: true, fallback: null, price: null } };
  const stubs = stubActivities(project, client, { openRun: async () => 'mlflow-run' }, { classes, mlflow: true });

  /** What happens to a step before it is done. */
  const happens = async ({ workflowId, step }: StepRef, job: number | undefined): Promise<void> => {
    const how = failing.get(`${workflowId} ${step}`);
    const attempt = job ?? Context.current().info.attempt;
    if (how !== undefined && attempt === 1) {
      const details = [{ progress: progress({ attempt }), exitCode: 75, signal: null, tail: [] }];
      throw ApplicationFailure.create({ type: how, message: `ended ${how}`, nonRetryable: job !== undefined, details });
    }
    const hold = held.get(workflowId);
    if (hold === undefined || !holds.has(`${workflowId} ${step}`)) return;
    hold.begun = true;
    const context = Context.current();
    const beat = setInterval(() => context.heartbeat(), 1_000);
    await Promise.race([hold.over.promise, context.cancelled]).finally(() => clearInterval(beat));
  };
  const holds = new Set<string>();
  const done =
    <Input extends { readonly ref: StepRef; readonly attempt?: number }, Output>(
      stub: (input: Input) => Promise<Output>,
    ) =>
    async (input: Input): Promise<Output> => {
      await happens(input.ref, input.attempt);
      return stub(input);
    };
  const activities = {
    ...stubs,
    extract: done(stubs.extract),
    train: done(stubs.train),
    merge: done(stubs.merge),
    step: done(stubs.step),
    check: done(stubs.check),
    evaluate: done(stubs.evaluate),
    replay: done(stubs.replay),
  };
  const running = async (options: { taskQueue: string; workflowBundle?: { code: string } }) => {
    const worker = await Worker.create({
      connection: native,
      activities,
      maxConcurrentActivityTaskExecutions: 500,
      // How long a workflow waits for a worker that is gone.
      stickyQueueScheduleToStartTimeout: '1s',
      ...options,
    });
    const ended = worker.run();
    return async () => {
      worker.shutdown();
      await ended;
    };
  };
  const endJobs = await running({ taskQueue: jobs });
  let closed = false;
  let endWorkflows: () => Promise<void> = async () => {};
  const away = async () => {
    const end = endWorkflows;
    endWorkflows = async () => {};
    await end();
  };
  const idOf = (program: string) => `${program}/${project}`;
  return {
    client,
    target,
    idOf,
    async serve(programs) {
      const workflowBundle = await codeOf(programs);
      await away();
      endWorkflows = await running({ taskQueue: taskQueue(project), workflowBundle });
    },
    away,
    start: (program) =>
      client.workflow.start(program, {
        taskQueue: taskQueue(project),
        workflowId: idOf(program),
        args: [{}],
      }),
    hold(workflowId, step) {
      holds.add(`${workflowId} ${step}`);
      held.set(workflowId, { begun: false, over: Promise.withResolvers() });
    },
    begun: (workflowId) => held.get(workflowId)?.begun ?? false,
    async letGo(workflowId) {
      held.get(workflowId)?.over.resolve();
      // It may have ended already.
      await client.workflow
        .getHandle(workflowId)
        .signal(GO)
        .catch((error: unknown) => {
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        });
    },
    fail: (workflowId, step, how) => void failing.set(`${workflowId} ${step}`, how),
    async close() {
      if (closed) return;
      closed = true;
      for (const { over } of held.values()) over.resolve();
      await away();
      await endJobs();
      await close();
      await native.close();
    },
  };
}

/** Not a word about every task that fails: here many are to. It keeps the process alive, so not before it is needed. */
function quietEngine(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
  });
}
