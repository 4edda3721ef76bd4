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
import { UsageError } from '../errors.ts';
import { checkoutOf, whoAmI } from '../git.ts';
import type { BuildVersion } from './current-build.ts';
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
}

/**
 * Checks the parameters and starts a run, id `<pipeline>/<key>`.
 *
 * @throws SluiceError `InvalidParams` with every problem by path, before anything is sent; `Usage` when a run of that
 * key is under way.
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
  try {
    const handle = await temporalCall(target, () =>
      client.workflow.start(pipeline.workflow, {
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
    return { workflowId, runId: handle.firstExecutionRunId };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      throw new UsageError(
        `The run ${workflowId} is under way already.`,
        `Follow it by: sluice run ${pipeline.name} --key ${key} --wait. Or choose another --key.`,
      );
    }
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

/** The time, so that keys sort, and a few letters, so that two at once differ: `20260102-030405-x7k2`. */
export function newKey(now = new Date()): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${randomBytes(4).readUInt32BE().toString(36).padStart(7, '0').slice(-4)}`;
}

function checkKey(key: string): void {
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
