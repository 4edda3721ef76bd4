import { readDevFile } from '../dev/dev-file.ts';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { findRun } from '../run/find-run.ts';
import { preemptJob } from '../run/preempt-job.ts';
import type { Io } from './io.ts';
import { type CommonOptions, withServer } from './project.ts';

export interface PreemptCommandOptions extends CommonOptions {
  readonly step?: string;
  readonly in?: number;
  readonly hard?: boolean;
}

/** `sluice preempt RUN` */
export async function preemptCommand(
  run: string | undefined,
  options: PreemptCommandOptions,
  io: Io,
): Promise<ExitCode> {
  return withServer(options, async ({ client, target, loaded }) => {
    const stack = await readDevFile(loaded.root);
    if (stack === null) {
      throw new UsageError(
        'No sluice dev runs in this project.',
        'Machines can be taken away from a dev stack only; start one: sluice dev',
      );
    }
    const { workflowId } = await findRun(client, target, run);
    const done = await preemptJob({
      client,
      workflowId,
      stack,
      ...(options.step === undefined ? {} : { step: options.step }),
      ...(options.in === undefined ? {} : { seconds: options.in }),
      ...(options.hard === undefined ? {} : { hard: options.hard }),
    });
    io.object({ type: 'preempt', at: Date.now(), run: workflowId, ...done });
    const how = done.eventId === null ? 'was killed without notice' : `was given notice (event ${done.eventId})`;
    io.line(`${io.paint('step', done.step)}: ${io.paint('name', done.machine)} ${how}`);
    return ExitCode.done;
  });
}
