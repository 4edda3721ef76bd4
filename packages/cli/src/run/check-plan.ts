import { checkSuiteFiles } from '@sluice/activities/suite';
import {
  ErrorCode,
  isMisdeclared,
  kindOf,
  notInConfig,
  type Plan,
  type PlannedStep,
  placeIn,
  recordPlan,
  SluiceError,
} from '@sluice/sdk';
import type { LoadedPipeline } from '../config/load-pipelines.ts';
import type { ResolvedConfig } from '../config/resolved-config.ts';
import { didYouMean } from '../config/suggest.ts';
import { mustKeepAnswers } from './shadow-answers.ts';

/** A plan, or why there is none. */
export type CheckedPlan = { readonly plan: Plan } | { readonly plan: null; readonly givenUp: unknown };

/**
 * Declares every step of a run without running any, so that a mistake in its last step is told now and not when hours
 * of training are over: options that cannot work, names given twice, resource classes and endpoints that the config
 * does not have.
 *
 * A plan has made-up results. Code of the pipeline's own that fails on them is no mistake: the plan is then given up,
 * and the error returned.
 *
 * @param root folder of the checkout, where suites and their cases must be; null: they are not looked for
 * @param otherwise what to do where only made-up results lead to the mistake
 * @throws SluiceError `InvalidStep`, `DuplicateStep`
 */
export async function checkPlan(
  pipeline: Pick<LoadedPipeline, 'name' | 'workflow'>,
  params: unknown,
  config: Pick<ResolvedConfig, 'classes' | 'endpoints'>,
  root: string | null = null,
  otherwise = 'If only the made-up results of a plan lead there: --no-check',
): Promise<CheckedPlan> {
  // Branches that were left running when the plan ended may fail later; that concerns nobody.
  const ignore = () => {};
  process.on('unhandledRejection', ignore);
  try {
    const plan = await recordPlan(pipeline.workflow, params);
    const { steps } = plan;
    for (const step of steps) checkNames(pipeline.name, step, config);
    if (root !== null) for (const step of steps) await checkSuite(root, step);
    return { plan };
  } catch (error) {
    if (error instanceof SluiceError && isMisdeclared(error.code)) throw refusal(error, root, otherwise);
    return { plan: null, givenUp: error };
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
  if (step.kind === 'map') return;
  const endpoint = kindOf(step.spec).endpoint?.(step.spec, pipeline) ?? null;
  if (endpoint !== null) mustExist(path, 'endpoint', endpoint, endpoints);
  if (step.spec.kind === 'deploy') mustKeepAnswers(path, step.spec, endpoints[step.spec.endpoint]);
}

/** A suite or its cases that are missing are told now, and not when the model is trained. */
async function checkSuite(root: string, step: PlannedStep): Promise<void> {
  if (step.kind !== 'evaluate') return;
  try {
    await checkSuiteFiles(root, step.spec.suite, step.path);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== ErrorCode.NotFound) throw error;
    const { message, where = step.path, fix = 'Write it.' } = error;
    throw new SluiceError(ErrorCode.InvalidStep, message, { where, fix, cause: error });
  }
}

function mustExist(path: string, what: 'resource class' | 'endpoint', name: string, known: object): void {
  if (Object.hasOwn(known, name)) return;
  const names = Object.keys(known);
  throw notInConfig(path, what, name, names, didYouMean(name, names));
}

function refusal(error: SluiceError, root: string | null, otherwise: string): SluiceError {
  const { code, message, where, fix, data } = error;
  const line = root === null ? null : placeIn(root, error);
  const place = [where, line === null ? undefined : where === undefined ? line : `(${line})`];
  return new SluiceError(code, message, {
    ...(where === undefined && line === null ? {} : { where: place.filter((one) => one !== undefined).join(' ') }),
    fix: `${fix ?? 'Correct it.'} Nothing has been started. ${otherwise}`,
    data,
  });
}
