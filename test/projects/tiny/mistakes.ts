import { extract, map, pipeline } from '@sluice/sdk';
import { z } from 'zod';

const one = { sql: 'select 1 as i' };

/** Two steps of one name in one scope. */
export const twoOfOneName = pipeline({
  name: 'two-of-one-name',
  params: z.object({}),
  async run() {
    await extract('rows', one);
    await extract('rows', one);
  },
});

/** Two items of a map with one key. */
export const twoOfOneKey = pipeline({
  name: 'two-of-one-key',
  params: z.object({ airports: z.array(z.string()).default(['EWR', 'JFK', 'EWR']) }),
  run: ({ airports }) => map('airport', airports, {}, () => extract('rows', one)),
});

/** Reads a field of what is not there, unless it is given a note. */
export const throws = pipeline({
  name: 'throws',
  params: z.object({ note: z.string().default('') }),
  async run({ note }) {
    const rows = (note === '' ? null : [note]) as unknown as string[];
    return rows.length;
  },
});
