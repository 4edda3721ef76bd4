import { isMisdeclared, notInConfig, type PlannedStep, recordPlan, SluiceError } from '@sluice/sdk';
import type { LoadedPipeline } from '../config/load-pipelines.ts';
import type { ResolvedConfig } from '../config/resolved-config.ts';
import { didYouMean } from '../config/suggest.ts';

/**
 * Declares every step of a run without running any, so that a mistake in its last step is told now and not when hours
 * of training are over: options that cannot work, names given twice, resource classes and endpoints that the config
 * does not have.
 *
 * A plan has made-up results. Code of the pipeline's own that fails on them is no mistake: the plan is then given up,
 * and the error returned.
 *
 * @throws SluiceError `InvalidStep`, `DuplicateStep`
 */
export async function checkPlan(
  pipeline: Pick<LoadedPipeline, 'name' | 'workflow'>,
  params: unknown,
  config: Pick<ResolvedConfig, 'classes' | 'endpoints'>,
): Promise<{ readonly givenUp: unknown }> {
  // Branches that were left running when the plan ended may fail later; that concerns nobody.
  const ignore = () => {};
  process.on('unhandledRejection', ignore);
  try {
    const { steps } = await recordPlan(pipeline.workflow, params);
    for (const step of steps) checkNames(pipeline.name, step, config);
    return { givenUp: null };
  } catch (error) {
    if (error instanceof SluiceError && isMisdeclared(error.code)) throw refusal(error);
    return { givenUp: error };
  } finally {
    process.off('unhandledRejection', ignore);
  }
}

function checkNames(
  pipeline: string,
  step: PlannedStep,
  { classes, endpoints }: Pick<ResolvedConfig, 'classes' | 'endpoints'>,
): void {
  const { path, on } = step;
  if (on !== null) mustExist(path, 'resource class', on, classes);
  const endpoint = endpointOf(pipeline, step);
  if (endpoint !== null) mustExist(path, 'endpoint', endpoint, endpoints);
}

function endpointOf(pipeline: string, step: PlannedStep): string | null {
  switch (step.kind) {
    case 'evaluate':
      return step.spec.endpoint ?? pipeline;
    case 'replay':
    case 'deploy':
      return step.spec.endpoint;
    default:
      return null;
  }
}

function mustExist(path: string, what: 'resource class' | 'endpoint', name: string, known: object): void {
  if (Object.hasOwn(known, name)) return;
  const names = Object.keys(known);
  throw notInConfig(path, what, name, names, didYouMean(name, names));
}

function refusal({ code, message, where, fix, data }: SluiceError): SluiceError {
  return new SluiceError(code, message, {
    ...(where === undefined ? {} : { where }),
    fix: `${fix ?? 'Correct it.'} Nothing has been started. If only the made-up results of a plan lead there: --no-check`,
    data,
  });
}
