import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { startChild, tailOf } from '../../packages/cli/src/dev/child.ts';
import { type Temporal, temporaryFolder } from '../harness/stack.ts';
import type { bareOverhead } from './bare/workflow.ts';
import type { System, SystemHost } from './system.ts';

/** The pipeline as a hand-written Temporal workflow with one activity, on the same server. */
export async function bareTemporalSystem(host: SystemHost, { server, client }: Temporal): Promise<System> {
  const folder = await temporaryFolder(host.scope, 'bare');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(import.meta.dirname, 'bare/workflow.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  const bundle = join(folder, 'workflows.cjs');
  await writeFile(bundle, code);
  const worker = await startChild({
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'bare/worker.ts')],
    cwd: join(import.meta.dirname, 'project'),
    env: {
      ...process.env,
      BENCH_ADDRESS: server.address,
      BENCH_BUNDLE: bundle,
      BENCH_PYTHON: join(host.venv, 'bin/python'),
      BENCH_SLOTS: `${host.concurrency}`,
    },
    log: join(folder, 'worker.log'),
    ipc: true,
  });
  host.scope.defer(() => worker.stop(2000));
  await worker.message(isReady).catch((error: unknown) => {
    throw new Error(`The bare worker: ${error}\n${tailOf(worker.log).join('\n')}`);
  });
  let count = 0;
  return {
    name: 'temporal',
    about: 'Temporal by hand: one workflow, one activity that spawns the process, one worker process',
    pids: [worker.pid],
    async run(branches) {
      const started = performance.now();
      await client.workflow.execute<typeof bareOverhead>('bareOverhead', {
        taskQueue: 'bench-bare',
        workflowId: `bare/${++count}`,
        args: [{ branches, concurrency: host.concurrency }],
      });
      return { seconds: (performance.now() - started) / 1000, doneAtLimit: null };
    },
  };
}

function isReady(message: unknown): message is { type: 'ready' } {
  return (message as { type?: unknown } | null)?.type === 'ready';
}
