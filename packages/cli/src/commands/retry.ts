import { join } from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { BuildsFile, buildsFolder } from '../code/builds-file.ts';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { table } from '../follow/format.ts';
import { whoAmI } from '../git.ts';
import { currentBuild } from '../run/current-build.ts';
import { findRun } from '../run/find-run.ts';
import { retryRun } from '../run/retry-run.ts';
import { wakeBuild } from '../run/wake-build.ts';
import { workflowBundle } from '../worker/workflow-bundle.ts';
import { followCommand } from './follow.ts';
import type { Io } from './io.ts';
import { type CommonOptions, withServer } from './project.ts';

export interface RetryCommandOptions extends CommonOptions {
  readonly from: string;
  readonly code?: string;
  readonly by?: string;
  readonly dryRun?: boolean;
  readonly wait?: true | string;
}

/** `sluice retry RUN --from STEP` */
export async function retryCommand(run: string | undefined, options: RetryCommandOptions, io: Io): Promise<ExitCode> {
  const code = options.code ?? 'current';
  if (code !== 'current' && code !== 'original') {
    throw new UsageError(`--code ${code} is not known.`, 'Write --code current or --code original.');
  }
  return withServer(options, async ({ client, target, loaded }) => {
    // Core tells of what it replays on standard error; what matters of it is in the answer.
    Runtime.install({
      shutdownSignals: [],
      logger: new DefaultLogger(process.env.SLUICE_DEBUG ? 'DEBUG' : 'ERROR'),
      telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
    });
    const { workflowId } = await findRun(client, target, run);
    const outcome = await retryRun({
      client,
      target,
      workflowId,
      from: options.from,
      code,
      root: loaded.root,
      workflowBundle: () => workflowBundle(loaded),
      build: target.from === 'sluice dev' && code === 'current' ? await currentBuild(loaded) : null,
      keptBuild: async (id) => {
        const known = (await BuildsFile.open(loaded.root)).builds.some((build) => build.id === id);
        return known && (await wakeBuild(loaded.root, id))
          ? { codePath: join(buildsFolder(loaded.root), `${id}.cjs`) }
          : null;
      },
      by: options.by ?? (await whoAmI(loaded.root)),
      dryRun: options.dryRun ?? false,
    });
    io.object({ type: 'retry', at: Date.now(), run: workflowId, ...outcome });
    const head = options.dryRun ? 'would run again' : 'runs again';
    io.line(`${io.paint('name', workflowId)} ${head} from ${io.paint('step', outcome.from.join(', '))}`);
    const rows = outcome.steps.map(({ step, fate, why }) => [`  ${step}`, fate, why]);
    for (const line of table(rows)) io.line(line);
    io.line(
      io.paint(
        'quiet',
        '  training that runs again resumes at its last committed checkpoint, if that is of the same code, data and hyper-parameters',
      ),
    );
    if (options.dryRun || options.wait === undefined) return ExitCode.done;
    return followCommand({
      client,
      target,
      root: loaded.root,
      workflowId,
      wait: options.wait === 'approval' ? 'approval' : 'end',
      io,
    });
  });
}
