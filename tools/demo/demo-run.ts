import type { DecisionRequest, RunStatus } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { findPipeline, loadPipelines } from '../../packages/cli/src/config/load-pipelines.ts';
import type { DevStack } from '../../packages/cli/src/dev/dev.ts';
import { followRun } from '../../packages/cli/src/follow/follow-run.ts';
import type { Renderer } from '../../packages/cli/src/follow/renderer.ts';
import type { Snapshot } from '../../packages/cli/src/follow/snapshot.ts';
import { startRun } from '../../packages/cli/src/run/start-run.ts';
import { plainTarget } from '../../packages/cli/src/run/temporal-target.ts';

export interface DemoStack {
  readonly stack: DevStack;
  readonly client: Client;
  readonly renderer: () => Renderer;
}

/** What one run of the demo came to. */
export interface DemoRun {
  readonly title: string;
  readonly workflowId: string;
  readonly status: RunStatus;
  readonly seconds: number;
}

/** Starts a run, shows it, and answers its question by `decide` when it asks. */
export async function demoRun(
  { stack, client, renderer }: DemoStack,
  options: {
    readonly title: string;
    readonly key: string;
    readonly params: object;
    /** Called with every look at the run. */
    readonly onSnapshot?: (snapshot: Snapshot) => void;
    readonly decide: (status: RunStatus) => Promise<DecisionRequest>;
  },
): Promise<DemoRun> {
  const began = Date.now();
  const { loaded, temporal } = stack;
  const pipeline = findPipeline(await loadPipelines(loaded), 'flight-delays');
  const target = plainTarget(temporal.address, temporal.namespace, 'sluice dev', temporal.uiUrl);
  const { workflowId } = await startRun({
    client,
    target,
    project: loaded.config.project,
    root: loaded.root,
    pipeline,
    params: options.params,
    key: options.key,
  });
  const follow = async (since?: Snapshot, until?: (snapshot: Snapshot) => boolean) => {
    const shown = renderer();
    try {
      const last = await followRun({
        client,
        workflowId,
        address: temporal.address,
        onEvent: (event) => shown.event(event),
        onSnapshot: (snapshot) => {
          shown.snapshot(snapshot);
          options.onSnapshot?.(snapshot);
        },
        ...(since === undefined ? {} : { since }),
        ...(until === undefined ? {} : { until }),
      });
      if (last === null) throw new Error(`The run ${workflowId} could not be followed.`);
      return last;
    } finally {
      shown.close();
    }
  };
  const asked = await follow(undefined, ({ status }) => status.gates.length > 0);
  if (asked.closed === null) {
    const { decision, ...argument } = await options.decide(asked.status);
    await client.workflow.getHandle(workflowId).signal(decision, argument);
    await follow(asked);
  }
  const status = await client.workflow.getHandle(workflowId).query<RunStatus>('status');
  return { title: options.title, workflowId, status, seconds: (Date.now() - began) / 1000 };
}
