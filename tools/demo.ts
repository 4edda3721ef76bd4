import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  type DecisionRequest,
  describeError,
  type EndpointState,
  endpointWorkflowId,
  type RunStatus,
} from '@sluice/sdk';
import { makeRequests } from '../examples/flight-delays/traffic/requests.ts';
import { sendTraffic, type TrafficReport } from '../examples/flight-delays/traffic/send.ts';
import { terminalIo } from '../packages/cli/src/commands/io.ts';
import { startDevStack } from '../packages/cli/src/dev/dev.ts';
import { whoAmI } from '../packages/cli/src/git.ts';
import { connectClient, plainTarget } from '../packages/cli/src/run/temporal-target.ts';
import { type DemoRun, type DemoStack, demoRun } from './demo/demo-run.ts';
import { forgetEarlierDemo, prepareExample } from './demo/prepare.ts';
import { keepReport } from './demo/report.ts';
import { summaryOf } from './demo/summary.ts';
import { type Webhook, webhook } from './demo/webhook.ts';

/**
 * The main job, end to end: a first version on an empty endpoint; a second one whose trainer's worker is killed half
 * way, which waits for approval and goes out by canary under live traffic; a third one that replay blocks.
 */

const { values: flags } = parseArgs({
  options: { yes: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false } },
});
const example = join(import.meta.dirname, '../examples/flight-delays');
const io = terminalIo({ json: false });
const asks = process.stdin.isTTY === true && process.stdout.isTTY === true && !flags.yes && !process.env.CI;
const heading = (text: string) => io.line(`\n${io.paint('name', `== ${text}`)}`);

async function main(): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopping.abort());
  heading('Preparing (the first time installs MLflow, builds Temporal and fetches the flights)');
  await prepareExample(example, (line) => io.line(line));
  await forgetEarlierDemo(example);
  const channel = await webhook(({ event, text, links }) => {
    const report = links.report === undefined ? '' : `; its report: ${io.paint('link', links.report)}`;
    io.line(`${io.paint('quiet', 'the webhook is told')} ${event}: ${text}${report}`);
  });
  process.env.FLIGHT_DELAYS_WEBHOOK = channel.url;
  const stack = await startDevStack({
    root: example,
    signal: stopping.signal,
    onEvent: (event) => {
      if (event.type === 'progress') io.line(event.text);
      if (event.type === 'died')
        io.line(`${event.part} died (${event.exit.signal ?? event.exit.code}); dev starts it again`);
      if (event.type === 'up' && event.restarts > 0) io.line(`${event.part} is up again`);
    },
  });
  const { temporal } = stack;
  const target = plainTarget(temporal.address, temporal.namespace, 'sluice dev', temporal.uiUrl);
  const { client, close } = await connectClient(target);
  try {
    io.line(
      `Temporal ${temporal.uiUrl}   MLflow ${stack.mlflow?.url}   endpoint ${stack.gateway.url}/flight-delays/invocations`,
    );
    const told = story({ stack, client, renderer: () => io.renderer() }, channel);
    const interrupted = new Promise<never>((_, failed) => {
      stopping.signal.addEventListener('abort', () => failed(new Error('interrupted')), { once: true });
    });
    await Promise.race([told, interrupted]);
    if (flags.keep) {
      io.line('\nThe stack stays up; Ctrl-C ends it.');
      await interrupted.catch(() => {});
    }
  } finally {
    await close();
    await stack.stop();
    channel.close();
  }
}

async function story(demo: DemoStack, { told }: Webhook): Promise<void> {
  const { stack, client } = demo;
  const runs: DemoRun[] = [];

  heading('1. A first version, trained on January to March, goes to an empty endpoint');
  runs.push(
    await demoRun(demo, {
      title: 'first version',
      key: 'demo-1',
      params: { until: '2013-03-31', pace: 'quick' },
      decide: approve,
    }),
  );
  expectState(runs[0], 'deployed');

  const requests = await makeRequests({ csv: join(example, 'data/flights.csv'), count: 500, seed: 1 });
  const quiet = new AbortController();
  const traffic = sendTraffic({
    url: `${stack.gateway.url}/flight-delays/invocations`,
    requests,
    rate: 25,
    signal: quiet.signal,
  });
  let report: TrafficReport;
  try {
    heading("2. A second version, trained on January to September; its trainer's worker is killed half way");
    const kill = killWorkerHalfWay(stack);
    runs.push(
      await demoRun(demo, {
        title: 'second version',
        key: 'demo-2',
        params: { until: '2013-09-30', pace: 'quick' },
        onSnapshot: ({ jobs }) => kill(jobs),
        decide: approve,
      }),
    );
    expectState(runs[1], 'deployed');

    heading('3. A third version with a planted bug: requests that the second version answers fail on it');
    runs.push(
      await demoRun(demo, {
        title: 'planted regression',
        key: 'demo-3',
        params: { until: '2013-09-30', pace: 'quick', epochs: 10, plant: 'drop-imputer' },
        decide: reject,
      }),
    );
    expectState(runs[2], 'rejected');
    await delay(500);
  } finally {
    quiet.abort();
    report = await traffic;
  }

  heading('What happened, and what it cost');
  const endpoint = await client.workflow
    .getHandle(endpointWorkflowId('flight-delays'))
    .query<EndpointState>('endpoint');
  for (const line of summaryOf(runs, endpoint, report)) io.line(line);
  for (const run of runs)
    for (const [name, url] of Object.entries(run.status.links))
      io.line(`${run.title} in ${name}: ${io.paint('link', url)}`);
  for (const run of runs.slice(-1)) {
    io.line(`Report of the ${run.title}, kept from MLflow: ${io.paint('name', await keepReport(example, run, told))}`);
  }
  if (report.sent !== report.ok)
    throw new Error(
      `${report.sent - report.ok} of ${report.sent} live requests failed: ${JSON.stringify(report.statuses)}`,
    );
}

/** Kills the worker that trains, once, when its trainer is half way. */
function killWorkerHalfWay(stack: DemoStack['stack']) {
  let killed = false;
  return (
    jobs: readonly {
      kind: string;
      worker: string | null;
      progress: { step: number | null; total: number | null } | null;
    }[],
  ) => {
    const half = jobs.find(
      ({ kind, progress }) =>
        kind === 'train' && (progress?.step ?? 0) >= (progress?.total ?? Number.POSITIVE_INFINITY) / 2,
    );
    if (killed || half === undefined) return;
    const worker = stack.workers.find(({ pid }) => half.worker?.endsWith(`:${pid}`));
    if (worker === undefined) return;
    killed = true;
    process.kill(worker.pid, 'SIGKILL');
    io.line(
      io.paint(
        'warn',
        `killed worker ${worker.machine} (pid ${worker.pid}) with SIGKILL, as a spot reclaim without notice does`,
      ),
    );
  };
}

async function approve(status: RunStatus): Promise<DecisionRequest> {
  const gate = status.gates[0];
  if (gate?.state !== 'awaiting-approval')
    throw new Error(`Expected to be asked for approval, but the gates say ${gate?.verdict}.`);
  return { ...(await decided('approve', 'approve this candidate?')), candidate: gate.candidate };
}

async function reject(status: RunStatus): Promise<DecisionRequest> {
  const gate = status.gates[0];
  if (gate?.state !== 'blocked') throw new Error(`Expected replay to block the candidate, but it is ${status.state}.`);
  return {
    ...(await decided('reject', 'blocked by its gates; reject it?')),
    reason: 'it fails requests that production answers',
    candidate: gate.candidate,
  };
}

/** Asks at a terminal; elsewhere the evidence above is what a log keeps, and the signal is sent by the demo. */
async function decided(decision: DecisionRequest['decision'], question: string): Promise<DecisionRequest> {
  const by = await whoAmI(example);
  if (asks) {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await lines.question(`\n${question} [Y/n] `);
    lines.close();
    if (/^n/i.test(answer.trim())) throw new Error('You decided otherwise, so the demo ends here.');
  } else {
    io.line(`no terminal to ask at (or --yes): sending the signal ${decision} as ${by}`);
  }
  return { decision, by };
}

function expectState(run: DemoRun | undefined, state: RunStatus['state']): void {
  if (run?.status.state !== state)
    throw new Error(`${run?.title} ended ${run?.status.state}, and should have ended ${state}.`);
}

try {
  await main();
} catch (error) {
  console.error(`\nThe demo did not come through: ${describeError(error)}`);
  process.exitCode = 1;
}
