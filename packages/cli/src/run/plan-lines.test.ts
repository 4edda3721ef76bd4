import {
  canary,
  column,
  deploy,
  extract,
  map,
  merge,
  pipeline,
  python,
  recordPlan,
  replay,
  step,
  train,
} from '@sluice/sdk';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { plainPaint } from '../follow/colours.ts';
import { planLines } from './plan-lines.ts';

const shop = pipeline({
  name: 'shop',
  params: z.object({ cities: z.array(z.string()) }),
  run: async ({ cities }) => {
    const rows = await extract('rows', { sql: 'select 1 as x', checks: [column('x').notNull()] });
    const run = python('train.py', ['--fast']);
    const models = await map('city', cities, { concurrency: 8 }, async (city) => {
      if (city === 'Erfurt') await step('special', { run });
      return train('model', { run, data: { rows }, on: 'gpu', deadline: '90 minutes' });
    });
    const model = await merge('all', { run, models });
    const waive = [
      { kind: 'POST /invocations', reason: 'rows without a key', until: '2026-12-31' },
      { requests: ['a', 'b'], reason: 'a known slip', until: '2026-01-31' },
    ];
    const rollout = canary([50], { shadow: { percent: 20, checks: [column('prediction').notNull()] } });
    const same = await replay('same', { model, endpoint: 'shop', waive });
    await deploy('shop', { model, gates: [rows, same], approval: 'none', rollout });
  },
});

async function linesOf(cities: string[]): Promise<string[]> {
  const plan = await recordPlan(shop, { cities });
  const lines = planLines(plan, Date.parse('2026-11-26'), { paint: plainPaint, columns: 200 });
  return lines.map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
}

test('a plan says what each step would do, what is waived and until when, and who is asked', async () => {
  expect(await linesOf(['Berlin', 'Erfurt'])).toEqual([
    'shop | 8 steps, parameters {"cities":["Berlin","Erfurt"]}',
    '',
    'extract | rows | 1 check',
    'map | city | 2 keys, 2 at once',
    'train | city=…/model ×2 | gpu | python train.py --fast',
    'up to 2 more attempts after errors, 50 after preemptions, all within 90 minutes',
    'step | city=Erfurt/special | python train.py --fast',
    'up to 2 more attempts after errors, 50 after preemptions',
    'merge | all | python train.py --fast',
    'up to 2 more attempts after errors, 50 after preemptions',
    'replay | same | at most 1000 requests of the last 24 hours to shop',
    'lets pass until 2026-12-31: POST /invocations, because: rows without a key',
    'no longer lets pass (expired on 2026-01-31): request a and 1 more, because: a known slip',
    'deploy | shop | to shop: canary 50, 100 %, a bad version is off within 1 minute',
    'a shadow first: 20 % of the requests are copied to it, and what it answers is judged by 1 check',
    'gates: rows, same',
    'asks nobody: gates that pass decide alone',
    '',
    '4 jobs, with up to 8 more attempts after errors and 200 after preemptions.',
    'Nothing was run; code that branches on a result was planned as if all went well.',
  ]);
});

test('five thousand branches are one line', async () => {
  const cities = Array.from({ length: 5000 }, (_, i) => `city-${i}`);
  const lines = await linesOf(cities);
  expect(lines.length).toBeLessThan(20);
  expect(lines[4]).toMatch(/^train \| city=…\/model ×5000 \| gpu/);
});
