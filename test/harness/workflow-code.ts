import { fileURLToPath } from 'node:url';
import {
  type BundleOptions,
  bundleWorkflowCode,
  DefaultLogger,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';

/** The workflow code of a file, bundled as a worker does it. */
export function workflowCode(
  workflowsPath: string,
  options: Partial<BundleOptions> = {},
): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [fileURLToPath(new URL('../../packages/workflows/src/index.ts', import.meta.url))],
    logger: new DefaultLogger('ERROR'),
    ...options,
  });
}
