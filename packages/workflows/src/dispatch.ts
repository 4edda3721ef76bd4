import { ENDPOINT_WORKFLOW, type Pipeline, pipelineDefinition, useRuntime } from '@sluice/sdk';
import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import { mustTellResets } from './activation.ts';
import type { Machine } from './endpoint/machine.ts';
import { sluiceEndpoint } from './endpoint.ts';
import { TemporalRuntime } from './temporal-runtime.ts';

/**
 * The default export of a worker's workflow bundle: runs whichever pipeline of `modules` the workflow's type names,
 * and the endpoint workflow. `import * as mine from './pipelines.ts'; export default sluiceWorkflows(mine)`.
 */
export function sluiceWorkflows(...modules: readonly object[]): (...args: unknown[]) => Promise<unknown> {
  const pipelines = new Map<string, Pipeline<unknown, unknown>>();
  for (const value of modules.flatMap((module) => Object.values(module))) {
    const definition = pipelineDefinition(value);
    if (definition !== null) pipelines.set(definition.name, value as Pipeline<unknown, unknown>);
  }
  // Runs stay with the build they began on; an endpoint lives for years and follows the newest. A server refuses to hear
  // of that from a worker without a build.
  const options = () => {
    const { workflowType, currentDeploymentVersion } = workflowInfo();
    const versioned = (currentDeploymentVersion?.deploymentName ?? '') !== '';
    const follows = workflowType === ENDPOINT_WORKFLOW && versioned;
    return follows ? ({ versioningBehavior: 'AUTO_UPGRADE' } as const) : {};
  };
  const dispatch = async (...args: unknown[]) => {
    mustTellResets();
    const { workflowType } = workflowInfo();
    if (workflowType === ENDPOINT_WORKFLOW) {
      return sluiceEndpoint(args[0] as { readonly endpoint: string; readonly memory?: Machine });
    }
    const pipeline = pipelines.get(workflowType);
    if (pipeline === undefined) {
      // A plain error on purpose: the task is retried until a worker that knows the type is deployed.
      throw new TypeError(
        `This worker has no pipeline "${workflowType}"; it has ${[...pipelines.keys()].join(', ') || 'none'}.`,
      );
    }
    useRuntime(new TemporalRuntime());
    return (pipeline as (...args: unknown[]) => Promise<unknown>)(...args);
  };
  setWorkflowOptions(options, dispatch);
  return dispatch;
}
