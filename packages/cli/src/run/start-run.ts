import { randomBytes } from 'node:crypto';
import {
  ErrorCode,
  parseParams,
  type RunMemo,
  SearchAttribute,
  SluiceError,
  type TokenPurpose,
  taskQueue,
} from '@sluice/sdk';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { LoadedPipeline } from '../config/load-pipelines.ts';
import { RunExistsError, UsageError } from '../errors.ts';
import { checkoutOf, whoAmI } from '../git.ts';
import type { BuildVersion } from './current-build.ts';
import { type FoundRun, runById } from './find-run.ts';
import { temporalCall } from './temporal-call.ts';
import type { TemporalTarget } from './temporal-target.ts';

export interface StartRunOptions {
  readonly client: Client;
  readonly target: TemporalTarget;
  readonly project: string;
  readonly root: string;
  readonly pipeline: LoadedPipeline;
  /** The schema's input. */
  readonly params: unknown;
  /** Last part of the workflow id. @default the time and a few random letters */
  readonly key?: string;
  /** Build to keep it on. @default the one that is current when a worker takes it, where workers have builds */
  readonly build?: BuildVersion;
  /** Who asks for it. @default git's user, else the system's */
  readonly by?: string;
  /** OpenID Connect token of who asks for it. */
  readonly token?: string;
  /** Needed with a token: it goes into the run's memo, where everybody can read it. */
  readonly seal?: (token: string, purpose: TokenPurpose) => string;
}

export interface StartedRun {
  readonly workflowId: string;
  readonly runId: string;
  /** How the run of this key ended that it takes the place of; null where there was none. */
  readonly again: string | null;
}

/**
 * Checks the parameters and starts a run, id `<pipeline>/<key>`. A key is used once: only a run that failed, was cancelled
 * or was terminated may be started again under its key, and goes on from its checkpoints. Temporal guards that, so of
 * two that start at once one is refused.
 *
 * @throws SluiceError `InvalidParams` with every problem by path, before anything is sent; `RunExists` when a run of that
 * key is under way, or has ended otherwise.
 */
export async function startRun(options: StartRunOptions): Promise<StartedRun> {
  const { client, pipeline, target } = options;
  await parseParams(pipeline.name, pipeline.definition.params, options.params);
  const key = options.key ?? newKey();
  checkKey(key);
  const workflowId = `${pipeline.name}/${key}`;
  const { commit, dirty } = await checkoutOf(options.root);
  const by = options.by ?? (await whoAmI(options.root));
  const { token, seal } = options;
  const sealed = token && seal ? { token: seal(token, { for: 'start', run: workflowId }) } : {};
  const memo: RunMemo = { by, ...sealed, ...(commit === null ? {} : { commit }), ...(dirty === null ? {} : { dirty }) };
  const start = (workflowIdReusePolicy: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY') =>
    temporalCall(target, () =>
      client.workflow.start(pipeline.workflow, {
        workflowIdReusePolicy,
        args: [options.params],
        workflowId,
        taskQueue: taskQueue(options.project),
        memo: { ...memo },
        ...(options.build === undefined ? {} : { versioningOverride: { pinnedTo: versionOf(options.build) } }),
        staticSummary: `${pipeline.name} ${key}`,
        typedSearchAttributes: [
          { key: keyword(SearchAttribute.pipeline), value: pipeline.name },
          { key: keyword(SearchAttribute.state), value: 'running' },
          ...(commit === null ? [] : [{ key: keyword(SearchAttribute.commit), value: commit }]),
        ],
      }),
    );
  const exists = async (error: unknown): Promise<FoundRun> => {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const former = await runById(client, target, workflowId);
    if (former === null) throw error;
    return former;
  };
  try {
    const first = await start('REJECT_DUPLICATE').catch(exists);
    if ('firstExecutionRunId' in first) return { workflowId, runId: first.firstExecutionRunId, again: null };
    if (!mayStartAgain(first)) throw new RunExistsError(workflowId, first.state, first.close === null);
    const second = await start('ALLOW_DUPLICATE_FAILED_ONLY').catch(exists);
    if ('firstExecutionRunId' in second) return { workflowId, runId: second.firstExecutionRunId, again: first.state };
    throw new RunExistsError(workflowId, second.state, second.close === null);
  } catch (error) {
    if (/search attribute/i.test(String((error as Error)?.message))) {
      throw new SluiceError(ErrorCode.Refused, 'The Temporal server does not know the search attributes of Sluice.', {
        where: target.address,
        fix: 'Register them once: sluice setup',
        cause: error,
      });
    }
    throw error;
  }
}

/** Nothing came of it, and nobody decided on it. A run that a person turned down has failed only in Temporal's words. */
export function mayStartAgain({ state, close }: Pick<FoundRun, 'state' | 'close'>): boolean {
  return close !== null && (state === 'failed' || state === 'cancelled');
}

/** The time, so that keys sort, and a few letters, so that two at once differ: `20260102-030405-x7k2`. */
export function newKey(now = new Date()): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${randomBytes(4).readUInt32BE().toString(36).padStart(7, '0').slice(-4)}`;
}

/** @throws SluiceError `Usage` */
export function checkKey(key: string): void {
  if (key.length > 0 && key.length <= 200 && !/[\s/\p{Cc}]/u.test(key)) return;
  throw new UsageError(
    `The key ${JSON.stringify(key)} is not usable.`,
    'Give 1 to 200 characters without spaces and "/".',
  );
}

function versionOf({ deploymentName, buildId }: BuildVersion): BuildVersion {
  return { deploymentName, buildId };
}

function keyword(name: string) {
  return defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
}
