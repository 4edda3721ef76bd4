import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Model, type RunStatus, taskQueue } from '@sluice/sdk';
import { inScope, type Scope } from '../bench/harness/scope.ts';
import { temporalServer, temporaryFolder, temporaryProject } from '../bench/harness/stack.ts';
import { openStore, scheduledEventsStandIn } from '../packages/activities/src/index.ts';
import { sizeBelow } from '../packages/activities/src/store/file-scratch.ts';
import type { WorkerPart } from '../packages/cli/src/dev/worker-part.ts';
import type { long } from '../test/projects/long/pipelines/long.ts';
import { memoryOf, residentMiB } from './gateway/memory.ts';
import type { Figures, Soak, SoakHost } from './harness/soak.ts';
import { collectUntil } from './training/collector.ts';

/** Seconds of a step; what a strike costs beside is detection, a start, and steps done again. */
const PACE = 0.05;
/** Seconds between checkpoints. */
const INTERVAL = 5;
/** Every other machine has so many ms of notice; the others are gone at once. */
const NOTICE = 10_000;
/** Memory and disk of a shorter soak say nothing: both are still growing to their size. */
const JUDGED_MINUTES = 5;

/** One training on machines that do not last, with garbage collected beside it. */
export const soak: Soak = {
  summary: 'a training whose machine is preempted every 30 s, by notice and by SIGKILL in turn, with gc beside it',
  options: '--minutes N (120); --every SECONDS (30); --megabytes N (20), of a checkpoint',
  run: (args, host) => inScope(host.signal, (scope) => play(args, host, scope)),
};

async function play(args: readonly string[], { say }: SoakHost, scope: Scope): Promise<Figures> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '120' },
      every: { type: 'string', default: '30' },
      megabytes: { type: 'string', default: '20' },
    },
  });
  const [minutes, every, megabytes] = [Number(values.minutes), Number(values.every), Number(values.megabytes)];
  const steps = Math.ceil((minutes * 60 * 0.85) / PACE);
  const { server, client } = await temporalServer(scope, say);
  const project = await temporaryProject(scope, join(import.meta.dirname, '../test/projects/long'), server);
  const events = await scheduledEventsStandIn();
  scope.defer(() => events.close());
  const control = await project.startWorker('control');
  const start = (number: number) => project.startWorker('spot', `spot-${number}`, events.url);
  let machine = await start(1);
  const handle = await client.workflow.start<typeof long>('long', {
    taskQueue: taskQueue(project.loaded.config.project),
    workflowId: 'long/soak',
    args: [{ steps, pace: PACE, megabytes, interval: INTERVAL }],
  });
  let over = false;
  const result = handle.result().finally(() => (over = true));
  result.catch(() => {}); // awaited below
  const { root } = project.loaded;
  const stop = new AbortController();
  scope.defer(() => stop.abort());
  const collecting = collectUntil(root, { client, namespace: server.namespace }, stop.signal);
  collecting.catch(() => {}); // awaited below
  const samples = { control: [] as number[], store: [] as number[] };
  const startedAt = Date.now();
  let strikes = 0;
  let next = startedAt + every * 1000;
  while (!over && Date.now() < startedAt + minutes * 3 * 60_000) {
    await delay(1000);
    samples.control.push(residentMiB(control.pid) ?? 0);
    samples.store.push((await sizeBelow(join(root, '.sluice'))) / 2 ** 20);
    if (over || Date.now() < next) continue;
    next += every * 1000;
    strikes += 1;
    const former = machine;
    machine = await start(strikes + 1);
    strike(former, strikes % 2 === 0, events);
    if (strikes % 20 === 0)
      say(`${strikes} machines lost after ${Math.round((Date.now() - startedAt) / 60_000)} minutes`);
  }
  if (!over) await handle.terminate('the soak has waited for three times its minutes');
  const model = (await result) as Model;
  stop.abort();
  const collected = await collecting;
  const status = await handle.query<RunStatus>('status');
  const step = status.steps[0];
  const said = JSON.parse(await modelText(model, root, scope)) as { steps: number; state: string };
  const [memory, disk] = [memoryOf(samples.control), memoryOf(samples.store)];
  const judged = minutes >= JUDGED_MINUTES;
  const back = (step?.attempts ?? []).some(
    ({ resumedFrom }, index, all) => index > 0 && (resumedFrom ?? 0) < (all[index - 1]?.checkpoint ?? 0),
  );
  const errors = (step?.attempts ?? []).filter(({ ended }) => !['done', 'preempted', 'worker-lost'].includes(ended));
  const problems = [
    ...(said.state === finalState(steps) && said.steps === steps
      ? []
      : ['the model is not that of an undisturbed run']),
    ...(back ? ['an attempt went on from an older checkpoint than the one before had committed'] : []),
    ...errors.map(({ attempt, code, message }) => `attempt ${attempt} ended by ${code}: ${message}`),
    ...(judged && !memory.flat ? ['the memory of the control worker grew'] : []),
    ...(judged && !disk.flat ? ['the disk filled'] : []),
    ...(judged && collected.deleted === 0 ? ['nothing was collected'] : []),
  ];
  const attempts = (step?.attempts.length ?? 0) + (step?.earlier?.count ?? 0);
  const stepsLost =
    (step?.earlier?.stepsLost ?? 0) + (step?.attempts ?? []).reduce((sum, one) => sum + one.stepsLost, 0);
  return {
    ok: problems.length === 0,
    problems,
    minutes: Math.round((Date.now() - startedAt) / 6000) / 10,
    ...{ steps, strikes, attempts, stepsLost, collected },
    controlMiB: { judged, ...memory },
    diskMiB: { judged, ...disk },
  };
}

function strike(
  machine: WorkerPart,
  notice: boolean,
  events: { preempt: (name: string, how: { notBeforeMs: number }) => unknown },
) {
  if (notice) events.preempt(machine.machine, { notBeforeMs: NOTICE });
  else process.kill(machine.pid, 'SIGKILL');
}

async function modelText(model: Model, root: string, scope: Scope): Promise<string> {
  const folder = join(await temporaryFolder(scope, 'model'), 'files');
  await openStore(undefined, root).fetch(model, folder);
  return readFile(join(folder, 'model.json'), 'utf8');
}

/** What the trainer comes to without any loss. */
function finalState(steps: number): string {
  let state = 0n;
  for (let step = 1; step <= steps; step++) state = (state * 6364136223846793005n + BigInt(step)) % 2n ** 64n;
  return String(state);
}
