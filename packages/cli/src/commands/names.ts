import { Query, type RunStatus } from '@sluice/sdk';
import { loadPipelines } from '../config/load-pipelines.ts';
import { ExitCode } from '../exit-code.ts';
import { findRun } from '../run/find-run.ts';
import { listRuns } from '../run/list-runs.ts';
import { type CommonOptions, loadProject, withServer } from './project.ts';

/** A key that is pressed waits no longer, ms. */
const PATIENCE = 800;
const MOST_RUNS = 200;

/**
 * `sluice __names KIND [RUN]`, for completion: one name a line. Whatever goes wrong, nothing is said and it ends well:
 * what a person types is not to be broken into.
 */
export async function namesCommand(kind: string, run: string | undefined, options: CommonOptions): Promise<ExitCode> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<readonly string[]>((done) => {
    timer = setTimeout(() => done([]), PATIENCE);
  });
  const found = namesOf(kind, run, options).catch(() => []);
  const names = await Promise.race([found, enough]).finally(() => clearTimeout(timer));
  for (const name of names) if (!/\s/.test(name)) process.stdout.write(`${name}\n`);
  return ExitCode.done;
}

async function namesOf(kind: string, run: string | undefined, options: CommonOptions): Promise<readonly string[]> {
  switch (kind) {
    case 'pipelines':
      return [...(await loadPipelines(await loadProject(options))).keys()];
    case 'endpoints':
      return Object.keys((await loadProject(options)).config.endpoints);
    case 'classes':
      return Object.keys((await loadProject(options)).config.classes);
    case 'runs':
    case 'open':
      return withServer(options, async ({ client, target }) => {
        const { runs } = await client.withDeadline(Date.now() + PATIENCE, () =>
          listRuns(client, target, { limit: MOST_RUNS }),
        );
        return runs.filter(({ close }) => kind === 'runs' || close === null).map(({ workflowId }) => workflowId);
      });
    case 'steps':
      return withServer(options, async ({ client, target }) => {
        const { workflowId } = await findRun(client, target, run || undefined);
        const { steps } = await client.withDeadline(Date.now() + PATIENCE, () =>
          client.workflow.getHandle(workflowId).query<RunStatus>(Query.status),
        );
        return steps.map(({ step }) => step);
      });
    default:
      return [];
  }
}
