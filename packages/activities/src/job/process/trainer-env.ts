import { delimiter } from 'node:path';
import { type Command, childEnv } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import { activityEnv } from '../../gpus/gpu-pool.ts';
import type { WorkDir } from '../inputs/work-dir.ts';
import { ATTEMPT_ID, pidNamespace } from './attempt-id.ts';

/**
 * The environment of a trainer: what a program of the project inherits of the worker's, what its command asks for, and
 * what the protocol adds.
 *
 * @throws SluiceError `InvalidConfig` for a variable of the worker's that the command names and that is not set
 */
export function trainerEnv(
  context: Pick<ActivityContext, 'trainerPath'>,
  command: Command,
  work: Pick<WorkDir, 'step' | 'events'>,
  attemptId: string,
): Record<string, string> {
  const env = childEnv(activityEnv(), { PYTHONUNBUFFERED: '1', ...command.env }, 'run.env');
  return {
    ...env,
    PYTHONPATH: [context.trainerPath, env.PYTHONPATH ?? ''].filter((path) => path !== '').join(delimiter),
    SLUICE_STEP: work.step,
    SLUICE_EVENTS: work.events,
    SLUICE_PARENT_PID: String(process.pid),
    SLUICE_PARENT_PID_NAMESPACE: pidNamespace(),
    [ATTEMPT_ID]: attemptId,
  };
}
