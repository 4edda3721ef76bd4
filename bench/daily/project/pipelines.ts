import { command, pipeline, step } from '@sluice/sdk';
import { z } from 'zod';
import { edit } from './edit.ts';

/** One step that does nothing. */
export const daily = pipeline({
  name: 'daily',
  params: z.object({}),
  run: () => step('noop', { run: command(['true']), hyper: { edit }, on: 'cpu' }),
});
