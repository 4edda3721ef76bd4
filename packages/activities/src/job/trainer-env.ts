import { delimiter } from 'node:path';
import type { Command } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { ATTEMPT_ID } from './attempt-id.ts';
import type { WorkDir } from './work-dir.ts';

/** Never passed on: they are the worker's own. */
const withheld = /^(TEMPORAL_|NODE_OPTIONS$|NODE_CHANNEL_|NODE_UNIQUE_ID$)/;

/** The environment of a trainer: the worker's, what the protocol adds, and what the command asks for. */
export function trainerEnv(
  context: Pick<ActivityContext, 'trainerPath'>,
  command: Command,
  work: WorkDir,
  attemptId: string,
): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !withheld.test(name));
  const pythonPath = [context.trainerPath, command.env.PYTHONPATH ?? process.env.PYTHONPATH ?? ''];
  return {
    ...Object.fromEntries(inherited),
    PYTHONUNBUFFERED: '1',
    ...command.env,
    PYTHONPATH: pythonPath.filter((path) => path !== '').join(delimiter),
    SLUICE_STEP: work.step,
    SLUICE_EVENTS: work.events,
    SLUICE_PARENT_PID: String(process.pid),
    [ATTEMPT_ID]: attemptId,
  };
}
