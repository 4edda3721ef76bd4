import { randomBytes } from 'node:crypto';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jobLogs } from '@sluice/activities';
import type { RunStatus } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { findPipeline, loadPipelines } from '../../packages/cli/src/config/load-pipelines.ts';
import { type DevStack, startDevStack } from '../../packages/cli/src/dev/dev.ts';
import { startRun } from '../../packages/cli/src/run/start-run.ts';
import { connectClient, plainTarget } from '../../packages/cli/src/run/temporal-target.ts';

/** A copy of a test project with a dev stack of its own: real Temporal, MLflow, gateway and worker processes. */
export interface ProjectStack {
  readonly root: string;
  readonly stack: DevStack;
  readonly client: Client;
  /** Starts a run through the CLI's own code; `key` makes its id. */
  start(pipeline: string, params: object, key?: string): Promise<RunHandle>;
  close(): Promise<void>;
}

export interface RunHandle {
  readonly workflowId: string;
  result(): Promise<unknown>;
  status(): Promise<RunStatus>;
  query<Ret>(name: string): Promise<Ret>;
  signal(name: string, argument: object): Promise<void>;
  /** What the trainer printed, one string per attempt. */
  logs(step: string): Promise<string[]>;
}

/** Copies `test/projects/<name>`, or `from`, below `test`, where its imports resolve, and returns the folder. */
export async function copyProject(
  name = 'tiny',
  from = join(import.meta.dirname, '../projects', name),
): Promise<string> {
  const root = join(import.meta.dirname, '../projects/.copies', `${name}-${randomBytes(4).toString('hex')}`);
  await mkdir(root, { recursive: true });
  await cp(from, root, {
    recursive: true,
    filter: (path) => !/\.sluice|__pycache__|\/node_modules|\/\.venv/.test(path.slice(from.length)),
  });
  return root;
}

/** Starts a stack; ended by `close`, and by the test file's end at the latest. */
export async function projectStack(name = 'tiny', from?: string): Promise<ProjectStack> {
  const root = await copyProject(name, from);
  const stack = await startDevStack({
    root,
    ...(process.env.SLUICE_TEST_VERBOSE ? { onEvent: (event) => console.error(event) } : {}),
  }).catch(async (error: unknown) => {
    await rm(root, { recursive: true, force: true });
    throw error;
  });
  const target = plainTarget(stack.temporal.address, stack.temporal.namespace, 'sluice dev', stack.temporal.uiUrl);
  const { client, close } = await connectClient(target);
  return {
    root,
    stack,
    client,
    async start(pipeline, params, key = randomBytes(4).toString('hex')) {
      const { loaded } = stack;
      const { workflowId } = await startRun({
        client,
        target,
        project: loaded.config.project,
        root,
        pipeline: findPipeline(await loadPipelines(loaded), pipeline),
        params,
        key,
        by: 'tester',
      });
      return runHandle(client, root, workflowId);
    },
    async close() {
      await close();
      await stack.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A run of the project in `root`, whoever started it. */
export function runHandle(client: Client, root: string, workflowId: string): RunHandle {
  const workflow = client.workflow.getHandle(workflowId);
  return {
    workflowId,
    result: () => workflow.result(),
    status: () => workflow.query<RunStatus>('status'),
    query: (query) => workflow.query(query),
    signal: (signal, argument) => workflow.signal(signal, argument),
    logs: (step) => readLogs(root, workflowId, step),
  };
}

async function readLogs(root: string, workflowId: string, step: string): Promise<string[]> {
  const logs = (await jobLogs(join(root, '.sluice'), workflowId)).filter((log) => log.step === step);
  if (logs.length === 0) throw new Error(`there is no log of ${step} yet`);
  return Promise.all(logs.map(({ path }) => readFile(path, 'utf8')));
}
