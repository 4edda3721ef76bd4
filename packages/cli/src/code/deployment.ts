import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { ServiceError } from '@temporalio/client';

/** How long a build may take to be made current, ms. */
const PATIENCE_MS = 60_000;

/** The builds of a project as its Temporal server knows them: a worker deployment of the project's name. */
export class Deployment {
  readonly #client: Client;
  readonly #name: string;

  constructor(client: Client, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /** New runs begin on this build from then on, and endpoints go on with it. Its workers must be taking work. */
  async makeCurrent(buildId: string, signal: AbortSignal): Promise<void> {
    const { workflowService, options } = this.#client;
    for (const end = Date.now() + PATIENCE_MS; ; ) {
      try {
        await workflowService.setWorkerDeploymentCurrentVersion({
          namespace: options.namespace,
          deploymentName: this.#name,
          buildId,
          identity: 'sluice dev',
          // What an earlier build served besides is no reason to keep it.
          ignoreMissingTaskQueues: true,
        });
        return;
      } catch (error) {
        // The server hears of a new build a moment after its worker has begun.
        if (signal.aborted || Date.now() > end) throw error;
        await delay(50, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Build that new runs begin on; null where there is none. */
  async current(): Promise<string | null> {
    const { workflowService, options } = this.#client;
    try {
      const { workerDeploymentInfo } = await workflowService.describeWorkerDeployment({
        namespace: options.namespace,
        deploymentName: this.#name,
      });
      return workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId || null;
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  /** How many open runs are pinned to these builds, together. */
  async openRuns(...buildIds: readonly string[]): Promise<number> {
    const pins = buildIds.map((id) => `'pinned:${this.#name}:${id}'`).join(', ');
    const { count } = await this.#client.workflow.count(`BuildIds IN (${pins}) AND ExecutionStatus = 'Running'`);
    return count;
  }

  /** Build by workflow id of every open run that is pinned. */
  async pinnedRuns(): Promise<{ readonly workflowId: string; readonly runId: string; readonly buildId: string }[]> {
    const found: { workflowId: string; runId: string; buildId: string }[] = [];
    const query = `TemporalWorkflowVersioningBehavior = 'Pinned' AND ExecutionStatus = 'Running'`;
    for await (const { workflowId, runId, raw } of this.#client.workflow.list({ query })) {
      const version = pinOf(raw.versioningInfo);
      if (version?.deploymentName !== this.#name || !version.buildId) continue;
      found.push({ workflowId, runId, buildId: version.buildId });
    }
    return found;
  }

  /** Lets an open run go on with another build. */
  async move(workflowId: string, runId: string, buildId: string): Promise<void> {
    await this.#client.workflowService.updateWorkflowExecutionOptions({
      namespace: this.#client.options.namespace,
      workflowExecution: { workflowId, runId },
      workflowExecutionOptions: { versioningOverride: pinTo(this.#name, buildId) },
      updateMask: { paths: ['versioning_override'] },
    });
  }
}

/** A build as the server names it. */
export type Version = { readonly deploymentName?: string | null; readonly buildId?: string | null };

/** As the server is told to keep a run on a build. */
export function pinTo(deploymentName: string, buildId: string) {
  return { pinned: { behavior: PINNED_OVERRIDE, version: { deploymentName, buildId } } };
}

const PINNED_OVERRIDE = 1;
const PINNED = 1;

/** Build that a run is kept on, as the server describes the run; null when it follows the current one. */
export function pinOf(
  info:
    | {
        readonly behavior?: number | null;
        readonly deploymentVersion?: Version | null;
        readonly versioningOverride?: { readonly pinned?: { readonly version?: Version | null } | null } | null;
      }
    | null
    | undefined,
): Version | null {
  const override = info?.versioningOverride?.pinned?.version;
  if (override) return override;
  return info?.behavior === PINNED ? (info.deploymentVersion ?? null) : null;
}

function isNotFound(error: unknown): boolean {
  return error instanceof ServiceError && (error.cause as { code?: number } | undefined)?.code === 5;
}
