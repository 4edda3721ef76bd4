import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError, type RunStatus } from '@sluice/sdk';
import { startDevStack } from '../packages/cli/src/dev/dev.ts';
import { plainPaint } from '../packages/cli/src/follow/colours.ts';
import { plainRenderer } from '../packages/cli/src/follow/renderer.ts';
import { ensurePythonEnv } from '../packages/cli/src/python-env.ts';
import { connectClient, plainTarget } from '../packages/cli/src/run/temporal-target.ts';
import { demoRun } from './demo/demo-run.ts';
import { forgetEarlierDemo, prepareExample } from './demo/prepare.ts';

/**
 * Plays two runs of the example, the second with a mistyped date, and executes `why-worse.ipynb` while the second waits
 * for a decision: what the notebook and docs/notebooks.md show is what came of it.
 */

const { values: flags } = parseArgs({ options: { epochs: { type: 'string', default: '20' } } });
const root = join(import.meta.dirname, '..');
const example = join(root, 'examples/flight-delays');
const say = (line: string) => console.log(line);

async function main(): Promise<void> {
  const requirements = join(root, 'packages/trainer/notebook/requirements.txt');
  const { python } = await ensurePythonEnv({ name: 'notebook', requirements, log: say });
  await prepareExample(example, say);
  await forgetEarlierDemo(example);
  const stack = await startDevStack({ root: example });
  const { temporal } = stack;
  const { client, close } = await connectClient(
    plainTarget(temporal.address, temporal.namespace, 'sluice dev', temporal.uiUrl),
  );
  const demo = { stack, client, renderer: () => plainRenderer((text) => void process.stdout.write(text), plainPaint) };
  const epochs = Number(flags.epochs);
  const by = 'notebook';
  try {
    const candidate = ({ gates }: RunStatus) => ({ candidate: gates[0]?.candidate ?? '' });
    await demoRun(demo, {
      title: 'until September',
      key: 'september',
      params: { until: '2013-09-30', pace: 'quick', epochs },
      decide: async (status) => ({ decision: 'approve', by, ...candidate(status) }),
    });
    await demoRun(demo, {
      title: 'until January, mistyped',
      key: 'october',
      params: { until: '2013-01-31', pace: 'quick', epochs },
      decide: async (status) => {
        await execute(python, 'why-worse.ipynb');
        return { decision: 'reject', by, reason: 'trained on January alone', ...candidate(status) };
      },
    });
  } finally {
    await close();
    await stack.stop();
  }
}

/** Runs every cell in a kernel of its own and writes what they show into the notebook. */
async function execute(python: string, notebook: string): Promise<void> {
  const child = spawn(python, [join(root, 'tools/python/execute_notebook.py'), notebook], {
    cwd: example,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      PYTHONPATH: join(root, 'packages/trainer/src'),
      SLUICE_COMMAND: `${process.execPath} ${join(root, 'packages/cli/src/main.ts')}`,
    },
  });
  const code = await new Promise<number | null>((done, failed) => child.once('error', failed).once('exit', done));
  if (code !== 0) throw new Error(`${notebook} ended with exit code ${code}.`);
}

try {
  await main();
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
