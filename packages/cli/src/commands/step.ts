import { createActivities, logPath } from '@sluice/activities';
import { parseParams, useRuntime, worstOf } from '@sluice/sdk';
import { Client, Connection } from '@temporalio/client';
import type { LoadedConfig } from '../config/load-config.ts';
import { findPipeline, type LoadedPipeline, loadPipelines } from '../config/load-pipelines.ts';
import { didYouMean } from '../config/suggest.ts';
import { readDevFile } from '../dev/dev-file.ts';
import { pipelineFailed } from '../errors/pipeline-failed.ts';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { JobCache } from '../local/job-cache.ts';
import { type LocalEvent, LocalRuntime } from '../local/local-runtime.ts';
import { followLog } from '../local/log-follower.ts';
import { checkPlan } from '../run/check-plan.ts';
import { gatewayAccess } from '../run/gateway-access.ts';
import { parseParamFlags } from '../run/parse-params.ts';
import { activityContext } from '../worker/activity-context.ts';
import type { Io } from './io.ts';
import { type CommonOptions, loadProject } from './project.ts';
import { type ShownResult, showEvent } from './step-events.ts';

export interface StepOptions extends CommonOptions {
  readonly param: readonly string[];
  readonly params: readonly string[];
  readonly fresh?: boolean;
}

/** `sluice step PIPELINE [STEP]` */
export async function stepCommand(
  name: string,
  step: string | undefined,
  options: StepOptions,
  io: Io,
): Promise<ExitCode> {
  const loaded = await loadProject(options);
  const pipeline = findPipeline(await loadPipelines(loaded), name);
  const params = await parseParamFlags(options.param, options.params);
  await parseParams(pipeline.name, pipeline.definition.params, params);
  await checkBefore(pipeline, params, step, loaded);
  const stack = await readDevFile(loaded.root);
  // Never connected to unless a step asks what production is, and only a running stack is asked.
  const connection = Connection.lazy({ address: stack?.temporal?.address ?? '127.0.0.1:1' });
  const context = await activityContext({
    loaded: { root: loaded.root, config: { ...loaded.config, mlflow: false } },
    temporal: new Client({ connection, namespace: stack?.temporal?.namespace ?? 'default' }),
    machine: 'local',
    resourceClass: 'local',
    preemption: { current: () => null, subscribe: () => () => {} },
    gateway: await gatewayAccess(stack),
    onProgress: (text) => io.line(io.paint('quiet', text)),
  });
  const logs = new Logs(context.stateDir, io);
  let held = false;
  const runtime = new LocalRuntime({
    config: loaded.config,
    root: loaded.root,
    activities: createActivities(context),
    cache: new JobCache(loaded.root),
    upTo: step ?? null,
    fresh: options.fresh ?? false,
    hasStack: stack !== null,
    logPath: (workflowId, step) => logPath(context.stateDir, workflowId, step, 1),
    onEvent: (event) => {
      logs.on(event);
      showEvent(event, io);
      held ||= isHeld(event, step);
    },
  });
  const restore = useRuntime(runtime);
  try {
    await pipeline.workflow(params);
  } catch (error) {
    throw pipelineFailed(error, loaded.root, name);
  } finally {
    restore();
    await logs.stop();
    await connection.close().catch(() => {});
  }
  if (step !== undefined && !runtime.reached) {
    throw new UsageError(
      `The pipeline ${name} ran to its end and came to no step "${step}".${didYouMean(step, runtime.steps)}`,
      `It ran: ${runtime.steps.join(', ') || 'no step at all'}`,
    );
  }
  return held ? ExitCode.blocked : ExitCode.done;
}

/** Would a run be blocked by it, or has the very step that was asked for not passed? */
function isHeld(event: LocalEvent, step: string | undefined): boolean {
  if (event.type === 'would-deploy') return worstOf(event.spec.gates.map(({ verdict }) => verdict)) !== 'pass';
  if (event.type !== 'step-ended' && event.type !== 'step-reused') return false;
  const { verdict = 'pass' } = (event.result ?? {}) as ShownResult;
  return step !== undefined && (event.step === step || event.step.endsWith(`/${step}`)) && verdict !== 'pass';
}

/** What a plan finds is told before hours of training. A plan that comes to no end says nothing of steps. */
async function checkBefore(
  pipeline: LoadedPipeline,
  params: unknown,
  step: string | undefined,
  { root, config }: LoadedConfig,
): Promise<void> {
  const plan = checkPlan(pipeline, params, config, root, `sluice step ${pipeline.name} STEP runs up to a step.`);
  // Whoever works on a first step may have a later one that is not ready.
  const { plan: found } = await (step === undefined ? plan : plan.catch(() => ({ plan: null })));
  const paths = found?.steps.map(({ path }) => path) ?? null;
  if (step === undefined || paths === null || paths.some((path) => isStep(path, step))) return;
  throw new UsageError(
    `The pipeline ${pipeline.name} has no step "${step}".${didYouMean(step, [...paths, ...namesOf(paths)])} Nothing has been run.`,
    `It has: ${[...new Set(namesOf(paths))].slice(0, 20).join(', ') || 'no step at all'}`,
  );
}

/** With a path as the target, its own branch is meant; a made-up plan may know other keys. */
function isStep(path: string, step: string): boolean {
  return path === step || path.endsWith(`/${step}`) || namesOf([path])[0] === namesOf([step])[0];
}

/** The last part of each path, which names the step in every branch. */
function namesOf(paths: readonly string[]): string[] {
  return paths.map((path) => path.slice(path.lastIndexOf('/') + 1));
}

/** What jobs print, as they print it. */
class Logs {
  readonly #stateDir: string;
  readonly #io: Io;
  readonly #open = new Map<string, { stop(): Promise<void> }>();
  readonly #closing: Promise<void>[] = [];

  constructor(stateDir: string, io: Io) {
    this.#stateDir = stateDir;
    this.#io = io;
  }

  on(event: LocalEvent): void {
    if (event.type === 'job-log') {
      const prefix = this.#io.paint('quiet', `${event.step} |`);
      const path = logPath(this.#stateDir, event.workflowId, event.step, 1);
      this.#open.set(
        event.step,
        followLog(path, (line) => this.#io.line(`  ${prefix} ${line}`)),
      );
    }
    if (event.type === 'step-ended' || event.type === 'step-failed') {
      const log = this.#open.get(event.step);
      if (log !== undefined) this.#closing.push(log.stop());
      this.#open.delete(event.step);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#closing, ...[...this.#open.values()].map((log) => log.stop())]);
  }
}
