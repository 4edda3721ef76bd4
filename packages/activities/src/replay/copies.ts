import { type Artifact, describeError, ErrorCode, errorCode, type ReplaySpec } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import type { ActivityScope } from '../serving/activity-scope.ts';
import { type SupervisedServer, superviseServer } from '../serving/supervised-server.ts';
import { comparisonOf } from './answer-differences.ts';
import type { ReplayOptions } from './replay-options.ts';

export type Copies = Pick<ReplayOptions, 'old' | 'fresh' | 'second'> & { stop(): Promise<void> };

/**
 * Starts the candidate and the old version side by side, and then a second copy of the old one where bodies are compared:
 * on a machine with room for two, it is the third that is missed.
 *
 * @returns why the old version cannot be served, with nothing left running: that is no fault of the candidate's
 * @throws SluiceError what starting the candidate throws
 */
export async function startCopies(
  context: ActivityContext,
  { endpoint, model, differences }: ReplaySpec,
  stable: Pick<Artifact, 'uri' | 'digest'>,
  scope: ActivityScope,
): Promise<Copies | string> {
  const start = (version: Pick<Artifact, 'uri' | 'digest'>) => {
    return superviseServer({ context, endpoint, model: version, scope });
  };
  const started: PromiseSettledResult<SupervisedServer>[] = await Promise.allSettled([start(model), start(stable)]);
  if (differences !== undefined && started.every(({ status }) => status === 'fulfilled')) {
    started.push(...(await Promise.allSettled([start(stable)])));
  }
  const stop = async () => {
    await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)));
  };
  try {
    const [fresh, old, second] = started;
    if (fresh?.status !== 'fulfilled') throw fresh?.reason;
    const served = await oldServer(old);
    if (typeof served === 'string') {
      await stop();
      return served;
    }
    // That it cannot be had is no reason to give up.
    const copy = second === undefined ? null : await oldServer(second);
    const comparing = copy === null || typeof copy === 'string' || differences === undefined;
    return {
      fresh: fresh.value,
      old: served,
      second: comparing ? null : { server: copy, comparison: comparisonOf(differences) },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A server, or why it cannot be had. */
async function oldServer(
  started: PromiseSettledResult<SupervisedServer> | undefined,
): Promise<SupervisedServer | string> {
  if (started?.status === 'fulfilled') return started.value;
  const codes: string[] = [ErrorCode.ServerNotReady, ErrorCode.NotFound, ErrorCode.Corrupt];
  if (codes.includes(errorCode(started?.reason))) return describeError(started?.reason);
  throw started?.reason;
}
