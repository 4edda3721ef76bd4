import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePythonEnv } from '../../packages/cli/src/python-env.ts';
import { temporaryFolder } from '../harness/stack.ts';
import { runOnce } from './run-once.ts';
import { noop, type System, type SystemHost } from './system.ts';

const requirements = join(import.meta.dirname, '../python/dagster.txt');
const others = join(import.meta.dirname, 'others');

/** The pipeline on Dagster's multiprocess executor, timed inside a process that has imported everything. */
export async function dagsterSystem(host: SystemHost, method: 'spawn' | 'forkserver'): Promise<System> {
  const env = await ensurePythonEnv({ name: 'bench-dagster', requirements, log: host.say });
  const folder = await temporaryFolder(host.scope, 'dagster');
  await writeFile(join(folder, 'dagster.yaml'), 'telemetry:\n  enabled: false\n');
  let count = 0;
  return {
    name: method === 'spawn' ? 'dagster' : 'dagster-fork',
    about: `Dagster 1.13, multiprocess executor, ${method === 'spawn' ? 'as it comes' : 'start method forkserver with everything preloaded'}`,
    pids: [],
    async run(branches, limit) {
      const { text, finished } = await runOnce(host.scope, limit, {
        command: env.python,
        args: [join(others, 'dagster_job.py'), `${branches}`, `${host.concurrency}`, method],
        cwd: folder,
        env: {
          ...process.env,
          DAGSTER_HOME: folder,
          PYTHONPATH: others,
          PYTHONDONTWRITEBYTECODE: '1',
          BENCH_NOOP: noop,
        },
        log: join(folder, `run-${++count}.log`),
      });
      if (!finished) return { seconds: limit.seconds, doneAtLimit: text.split(' - STEP_SUCCESS - ').length - 1 };
      const answer = text.split('\n').findLast((line) => line.startsWith('{"seconds"'));
      const told = JSON.parse(answer ?? '{}') as { seconds?: number; done?: number; success?: boolean };
      if (told.success !== true || told.seconds === undefined || told.done !== 5 + branches) {
        throw new Error(`Dagster did not run all ${5 + branches} ops: ${answer ?? text.slice(-2000)}`);
      }
      return { seconds: told.seconds, doneAtLimit: null };
    },
  };
}
