import { parseParams } from '@sluice/sdk';
import { pipelineFailed } from '../errors/pipeline-failed.ts';
import { ExitCode } from '../exit-code.ts';
import { checkPlan } from '../run/check-plan.ts';
import { parseParamFlags } from '../run/parse-params.ts';
import { planLines } from '../run/plan-lines.ts';
import type { Io } from './io.ts';
import { type CommonOptions, loadProject } from './project.ts';
import { startable } from './starting.ts';

export interface PlanOptions extends CommonOptions {
  readonly param: readonly string[];
  readonly params: readonly string[];
}

/** `sluice plan PIPELINE` */
export async function planCommand(name: string, options: PlanOptions, io: Io): Promise<ExitCode> {
  const loaded = await loadProject(options);
  const pipeline = await startable(loaded, name);
  const params = await parseParamFlags(options.param, options.params);
  await parseParams(pipeline.name, pipeline.definition.params, params);
  const otherwise = 'If only the made-up results of a plan lead there, the run itself is fine.';
  const checked = await checkPlan(pipeline, params, loaded.config, loaded.root, otherwise);
  if (checked.plan === null) throw pipelineFailed(checked.givenUp, loaded.root, pipeline.name);
  io.object({ type: 'plan', ...checked.plan });
  for (const line of planLines(checked.plan, Date.now(), io)) io.line(line);
  return ExitCode.done;
}
