import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { scheduledEventsStandIn } from '@sluice/activities';
import { type RunStatus, taskQueue } from '@sluice/sdk';
import { ensurePythonEnv } from '../../packages/cli/src/python-env.ts';
import type { Bench, BenchHost } from '../harness/bench.ts';
import { describeMachine, machineLine } from '../harness/machine.ts';
import { inScope, type Scope } from '../harness/scope.ts';
import { round, spreadOf } from '../harness/spread.ts';
import { temporalServer, temporaryFolder, temporaryProject } from '../harness/stack.ts';
import { table } from '../harness/table.ts';
import type { checkpoint } from './project/pipelines/checkpoint.ts';
import { resumeTimes } from './resume-times.ts';
import { blockedOf, readTrainerLog } from './trainer-log.ts';

/** Mean times between preemptions that the interval of Young and Daly is told for, seconds. */
const BETWEEN_PREEMPTIONS = [3600, 4 * 3600, 24 * 3600];

export const bench: Bench = {
  summary: 'how long checkpoints block a trainer, and where the time of a resume goes',
  options:
    '--megabytes N [200]   --interval SECONDS [60]   --checkpoints N [5]   --heartbeat SECONDS [5]   --notice SECONDS [none: SIGKILL]',
  run: (args, host) => inScope(host.signal, (scope) => measure(args, host, scope)),
};

async function measure(args: readonly string[], host: BenchHost, scope: Scope): Promise<object> {
  const { values: flags } = parseArgs({
    args: [...args],
    options: {
      megabytes: { type: 'string', default: '200' },
      interval: { type: 'string', default: '60' },
      checkpoints: { type: 'string', default: '5' },
      heartbeat: { type: 'string', default: '5' },
      notice: { type: 'string' },
    },
  });
  const notice = flags.notice === undefined ? null : Number(flags.notice);
  const [megabytes, interval, checkpoints, heartbeat] = [
    Number(flags.megabytes),
    Number(flags.interval),
    Number(flags.checkpoints),
    Number(flags.heartbeat),
  ];
  const machine = describeMachine();
  host.say(machineLine(machine));
  const requirements = join(import.meta.dirname, '../python/metaflow.txt');
  const env = await ensurePythonEnv({ name: 'bench-metaflow', requirements, log: host.say });
  const { server, client } = await temporalServer(scope, host.say);
  const project = await temporaryProject(scope, join(import.meta.dirname, 'project'), server, dirname(env.bin));
  const log = join(await temporaryFolder(scope, 'trainer'), 'trainer.jsonl');
  const events = await scheduledEventsStandIn();
  scope.defer(() => events.close());
  const [, first] = await Promise.all([
    project.startWorker('control'),
    project.startWorker('spot', 'spot-1', events.url),
  ]);
  const workflowId = 'checkpoint/bench';
  const handle = await client.workflow.start<typeof checkpoint>('checkpoint', {
    taskQueue: taskQueue(project.loaded.config.project),
    workflowId,
    args: [{ seconds: interval * (checkpoints + 0.5), interval, megabytes, heartbeat, log }],
  });
  const result = handle.result();
  result.catch(() => {}); // awaited below
  // The middle of an interval is where a kill costs what it costs on average.
  const half = Math.ceil(checkpoints / 2);
  const reached = await untilCheckpoints(log, half, result);
  await project.startWorker('spot', 'spot-2');
  await delay(Math.max(0, (reached + interval / 2) * 1000 - Date.now()));
  const killedAt = Date.now() / 1000;
  if (notice === null) process.kill(first.pid, 'SIGKILL');
  else events.preempt('spot-1', { notBeforeMs: notice * 1000 });
  const how = notice === null ? 'killed' : `told that its machine goes in ${notice} s,`;
  host.say(`worker spot-1 ${how} in the middle of the interval after checkpoint ${half} of ${checkpoints}`);
  await result;
  const lines = await readTrainerLog(log);
  const attempts = (await handle.query<RunStatus>('status')).steps[0]?.attempts ?? [];
  // Long notice is trained through: then there is nothing to resume.
  const resume = attempts.length === 1 ? null : await resumeTimes(client, workflowId, killedAt, lines);
  const blocked = blockedOf(lines);
  const each = spreadOf(blocked.seconds);
  const total = blocked.seconds.reduce((sum, one) => sum + one, 0);
  const figures = {
    megabytes,
    interval,
    checkpoints: each.n,
    blockedSeconds: each,
    trainingSeconds: round(blocked.training, 1),
    blockedShare: round(total / blocked.training, 5),
    rateWhileUploading: blocked.rateAfter === null ? null : round(blocked.rateAfter, 3),
    youngDaly: BETWEEN_PREEMPTIONS.map((mean) => youngDaly(each.median, mean)),
    heartbeatTimeout: heartbeat,
    notice,
    resume: resume && Object.fromEntries(Object.entries(resume).map(([name, value]) => [name, round(value)])),
    attempts: attempts.map(({ machine, ended, resumedFrom, lastStep, checkpoint, stepsLost }) => ({
      machine,
      ended,
      resumedFrom,
      lastStep,
      checkpoint,
      stepsLost,
    })),
  };
  host.say(`\n${report(figures)}`);
  return { machine: { ...machine, loadAfter: describeMachine().loadBefore }, ...figures };
}

/** @returns epoch seconds at which so many checkpoints were written. */
async function untilCheckpoints(log: string, wanted: number, run: Promise<unknown>): Promise<number> {
  let ended = false;
  const end = run.then(
    () => {
      ended = true;
    },
    (error: unknown) => {
      throw error;
    },
  );
  for (;;) {
    const written = (await readTrainerLog(log)).filter(({ what }) => what === 'checkpoint');
    const last = written[wanted - 1];
    if (last !== undefined) return last.at;
    if (ended) throw new Error(`The training ended before it had written ${wanted} checkpoints.`);
    await Promise.race([end, delay(200)]);
  }
}

/**
 * The interval that loses least when checkpoints block for `blocked` seconds and a machine lasts `mean` seconds:
 * √(2·δ·M). J. W. Young, Communications of the ACM 17 (1974); J. T. Daly, Future Generation Computer Systems 22 (2006).
 */
function youngDaly(blocked: number, mean: number) {
  const interval = Math.sqrt(2 * blocked * mean);
  return { meanHours: mean / 3600, intervalSeconds: round(interval, 1), blockedShare: round(blocked / interval, 5) };
}

function report(figures: {
  readonly megabytes: number;
  readonly interval: number;
  readonly blockedSeconds: { readonly n: number; readonly median: number; readonly min: number; readonly max: number };
  readonly trainingSeconds: number;
  readonly blockedShare: number;
  readonly rateWhileUploading: number | null;
  readonly youngDaly: readonly ReturnType<typeof youngDaly>[];
  readonly heartbeatTimeout: number;
  readonly notice: number | null;
  readonly resume: { readonly [part: string]: number } | null;
}): string {
  const { blockedSeconds: each, resume } = figures;
  const seconds = (value: number | undefined) => (value ?? Number.NaN).toFixed(2);
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
  const parts = [
    [
      'detect',
      figures.notice === null
        ? `SIGKILL of the worker until Temporal notices (heartbeat timeout ${figures.heartbeatTimeout} s)`
        : `notice of ${figures.notice} s until the attempt has checkpointed and ended`,
    ],
    ['dispatch', 'until another worker has begun'],
    ['restore', 'checkpoint fetched and verified, trainer started'],
    ['load', 'the trainer starts up and reads its state'],
    ['recompute', `${resume?.stepsLost} steps done again`],
    ['total', 'back where it was'],
    ['idle', 'between the last step before and the first after'],
  ] as const;
  return [
    table(
      ['checkpoint', ''],
      [
        ['size', `${figures.megabytes} MB`],
        ['every', `${figures.interval} s`],
        [
          'blocked each',
          `median ${seconds(each.median)} s (${seconds(each.min)} to ${seconds(each.max)}, n = ${each.n})`,
        ],
        ['blocked share', `${percent(figures.blockedShare)} of ${figures.trainingSeconds} s of training`],
        [
          'speed while uploading',
          figures.rateWhileUploading === null ? 'unknown' : percent(figures.rateWhileUploading),
        ],
      ],
    ),
    table(
      ['a machine lasts', 'best interval (Young, Daly)', 'blocked share'],
      figures.youngDaly.map((one) => [`${one.meanHours} h`, `${one.intervalSeconds} s`, percent(one.blockedShare)]),
    ),
    resume === null
      ? `no resume: the first attempt trained through the notice of ${figures.notice} s`
      : table(
          ['resume', 'seconds', ''],
          parts.map(([name, what]) => [name, seconds(resume[name]), what]),
        ),
  ].join('\n\n');
}
