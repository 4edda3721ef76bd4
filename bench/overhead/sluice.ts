import { join } from 'node:path';
import { taskQueue } from '@sluice/sdk';
import { type Temporal, temporaryProject } from '../harness/stack.ts';
import type { overhead } from './project/pipelines/overhead.ts';
import type { System, SystemHost } from './system.ts';

/** The pipeline on Sluice: two worker processes, as `sluice dev` starts them. */
export async function sluiceSystem(host: SystemHost, { server, client }: Temporal): Promise<System> {
  const project = await temporaryProject(host.scope, join(import.meta.dirname, 'project'), server, host.venv);
  const workers = await Promise.all([project.startWorker('control'), project.startWorker('cpu')]);
  let count = 0;
  return {
    name: 'sluice',
    about: 'Sluice, one worker process for workflows and one for steps',
    pids: workers.map(({ pid }) => pid),
    async run(branches) {
      const started = performance.now();
      await client.workflow.execute<typeof overhead>('overhead', {
        taskQueue: taskQueue(project.loaded.config.project),
        workflowId: `overhead/${++count}`,
        args: [{ branches, concurrency: host.concurrency }],
      });
      return { seconds: (performance.now() - started) / 1000, doneAtLimit: null };
    },
  };
}
