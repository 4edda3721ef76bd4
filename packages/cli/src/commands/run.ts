import { describeError, parseParams } from '@sluice/sdk';
import type { LoadedConfig } from '../config/load-config.ts';
import type { LoadedPipeline } from '../config/load-pipelines.ts';
import { pipelineFailed } from '../errors/pipeline-failed.ts';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { checkPlan } from '../run/check-plan.ts';
import { parseParamFlags } from '../run/parse-params.ts';
import { checkKey, startRun } from '../run/start-run.ts';
import { connectClient, temporalTarget } from '../run/temporal-target.ts';
import { followCommand } from './follow.ts';
import type { Io } from './io.ts';
import { loadProject } from './project.ts';
import { codeOf, type RunOptions, startable, tokenOf } from './starting.ts';

/** `sluice run PIPELINE` */
export async function runCommand(name: string, options: RunOptions, io: Io): Promise<ExitCode> {
  const wait = waitOf(options.wait);
  if (options.detach && wait !== null)
    throw new UsageError('--detach and --wait are opposites.', 'Leave one of them out.');
  if (options.key !== undefined) checkKey(options.key);
  if (options.each !== undefined) {
    return (await import('./run-each.ts')).runEachCommand(name, { ...options, each: options.each }, wait, io);
  }
  if (options.concurrency !== undefined)
    throw new UsageError('--concurrency is for many runs.', 'Name a file of parameter sets by --each FILE.');
  const loaded = await loadProject(options);
  const pipeline = await startable(loaded, name);
  const params = await parseParamFlags(options.param, options.params);
  // Before the server is asked for anything: bad parameters are told even where there is none.
  await parseParams(pipeline.name, pipeline.definition.params, params);
  if (options.check) await check(pipeline, params, loaded, io);
  const target = await temporalTarget({ address: options.address, namespace: options.namespace, loaded });
  const build = target.from === 'sluice dev' ? await codeOf(loaded, io) : null;
  const { client, close } = await connectClient(target);
  try {
    const { workflowId, runId, again } = await startRun({
      client,
      target,
      project: loaded.config.project,
      root: loaded.root,
      pipeline,
      params,
      ...(build === null ? {} : { build }),
      ...(options.key === undefined ? {} : { key: options.key }),
      ...(options.by === undefined ? {} : { by: options.by }),
      ...tokenOf(options, loaded),
    });
    const ui = target.uiUrl === null ? null : runUrl(target.uiUrl, target.namespace, workflowId);
    io.object({
      type: 'started',
      at: Date.now(),
      run: workflowId,
      runId,
      url: ui,
      again,
      build: build?.buildId ?? null,
    });
    if (again !== null) io.line(`the run of this key before ended ${io.paint('warn', again)}; it starts again`);
    if (wait === null) {
      io.line(`started ${io.paint('name', workflowId)}`);
      if (ui !== null) io.line(`  temporal: ${io.paint('link', ui)}`);
      io.line(`  follow:   sluice status ${workflowId} --follow`);
      return ExitCode.done;
    }
    return await followCommand({ client, target, root: loaded.root, workflowId, wait, io });
  } finally {
    await close();
  }
}

async function check(pipeline: LoadedPipeline, params: unknown, loaded: LoadedConfig, io: Io): Promise<void> {
  const checked = await checkPlan(pipeline, params, loaded.config, loaded.root);
  if (checked.plan !== null) return;
  io.line(
    io.paint(
      'quiet',
      `not checked to its end before the start, for want of real results: ${describeError(pipelineFailed(checked.givenUp, loaded.root, pipeline.name))}`,
    ),
  );
}

export function runUrl(uiUrl: string, namespace: string, workflowId: string): string {
  return `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}

function waitOf(wait: true | string | undefined): 'end' | 'approval' | null {
  if (wait === undefined) return null;
  if (wait === true || wait === 'end') return 'end';
  if (wait === 'approval') return 'approval';
  throw new UsageError(`--wait=${wait} is not known.`, 'Write --wait for the end of the run, or --wait=approval.');
}
