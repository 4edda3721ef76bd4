import { join } from 'node:path';
import { ensurePythonEnv } from '../../packages/cli/src/python-env.ts';
import { temporaryFolder } from '../harness/stack.ts';
import { runOnce } from './run-once.ts';
import { noop, type System, type SystemHost } from './system.ts';

const requirements = join(import.meta.dirname, '../python/metaflow.txt');

/** The pipeline on Metaflow's local runner. Counts from where Metaflow says that the run starts to where it is done. */
export async function metaflowSystem(host: SystemHost): Promise<System> {
  const env = await ensurePythonEnv({ name: 'bench-metaflow', requirements, log: host.say });
  const folder = await temporaryFolder(host.scope, 'metaflow');
  let count = 0;
  return {
    name: 'metaflow',
    about: 'Metaflow 2.19, local runner',
    pids: [],
    async run(branches, limit) {
      const flow = branches === 0 ? 'metaflow_chain.py' : 'metaflow_fan_out.py';
      const fanOut = branches === 0 ? [] : ['--max-num-splits', '10000', '--branches', `${branches}`];
      const { text, finished } = await runOnce(host.scope, limit, {
        command: env.python,
        args: [
          join(import.meta.dirname, 'others', flow),
          '--no-pylint',
          'run',
          '--max-workers',
          `${host.concurrency}`,
          ...fanOut,
        ],
        cwd: folder,
        env: { ...withoutMetaflow(), METAFLOW_HOME: join(folder, 'home'), METAFLOW_USER: 'bench', BENCH_NOOP: noop },
        log: join(folder, `run-${++count}.log`),
      });
      if (!finished)
        return { seconds: limit.seconds, doneAtLimit: text.split('Task finished successfully').length - 1 };
      return { seconds: (timeOf(text, / Done!$/m) - timeOf(text, / Workflow starting /)) / 1000, doneAtLimit: null };
    },
  };
}

/** Nothing of a Metaflow configuration of this machine's gets in. */
function withoutMetaflow(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('METAFLOW_')));
}

/** Epoch ms at the beginning of the line that matches. */
function timeOf(text: string, what: RegExp): number {
  const line = text.split('\n').find((one) => what.test(one));
  const [, date, time] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})/.exec(line ?? '') ?? [];
  if (date === undefined) throw new Error(`Metaflow's output has no line ${what}:\n${text.slice(-2000)}`);
  return Date.parse(`${date}T${time}`);
}
