import { expect, it } from 'vitest';
import { withRan } from './with-ran.ts';

const work = async (rows: number) => ({ rows });

it('tells a workflow when an activity ran, which it may hear of much later', async () => {
  const before = Date.now();
  const result = await withRan(work, () => true)(3);
  expect(result).toMatchObject({ rows: 3, ran: { startedAt: expect.any(Number), at: expect.any(Number) } });
  expect(result.ran?.startedAt).toBeGreaterThanOrEqual(before);
  expect(result.ran?.at).toBeLessThanOrEqual(Date.now());
});

it('leaves the results of a step that is run alone as they are', async () => {
  expect(await withRan(work)(3)).toEqual({ rows: 3 });
});
