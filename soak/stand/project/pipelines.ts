import { extract, pipeline } from '@sluice/sdk';

/** Never run: rollouts are asked for from outside. */
export const nothing = pipeline({
  name: 'nothing',
  params: { '~standard': { version: 1, vendor: 'soak', validate: () => ({ value: {} }) } },
  run: () => extract('rows', { sql: 'select 1 as i' }),
});
