import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type MemoryShare, memoryBudget } from './memory-budget.ts';

const never = new AbortController().signal;

it('gives the first half of the memory, the next half of the rest, and lets who comes then wait in order', async () => {
  const budget = memoryBudget(1000, 200);
  const first = await budget.take(never);
  const second = await budget.take(never);
  const third = await budget.take(never);
  expect([first.bytes, second.bytes, third.bytes]).toEqual([500, 250, 200]);
  const came: string[] = [];
  const named = (name: string) =>
    budget.take(never).then((share) => {
      came.push(name);
      return share;
    });
  const waiting = [named('a'), named('b'), named('c')];
  first.release();
  first.release();
  expect((await waiting[0])?.bytes).toBe(275);
  expect((await waiting[1])?.bytes).toBe(200);
  expect(came).toEqual(['a', 'b']);
  second.release();
  await waiting[2];
  expect(came).toEqual(['a', 'b', 'c']);
});

it('forgets who is cancelled while it waits, and serves the one behind it', async () => {
  const budget = memoryBudget(100, 100);
  const only = await budget.take(never);
  const cancelled = new AbortController();
  const gone = budget.take(cancelled.signal);
  const next = budget.take(never);
  cancelled.abort(new Error('cancelled'));
  await expect(gone).rejects.toThrow('cancelled');
  await expect(budget.take(cancelled.signal)).rejects.toThrow('cancelled');
  only.release();
  expect((await next).bytes).toBe(100);
});

it('never gives out more than there is, and serves everybody in the end, whatever the order of comings and goings', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 3 }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 500 }),
      async (steps, least) => {
        const budget = memoryBudget(400, least);
        const held: MemoryShare[] = [];
        let asked = 0;
        let served = 0;
        const settle = () => new Promise((done) => setImmediate(done));
        for (const step of steps) {
          if (step < 2) {
            asked += 1;
            void budget.take(never).then((share) => {
              served += 1;
              held.push(share);
            });
          } else held.splice(step - 2, 1)[0]?.release();
          await settle();
          expect(held.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(400);
        }
        while (held.length > 0) {
          held.shift()?.release();
          await settle();
        }
        expect(served).toBe(asked);
      },
    ),
    { numRuns: 50 },
  );
});
