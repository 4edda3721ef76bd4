import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type ProjectStack, projectStack } from '../harness/project.ts';

interface Seen {
  readonly gpus: string | null;
  /** Seconds. */
  readonly from: number;
  readonly to: number;
}

let project: ProjectStack;
beforeAll(async () => {
  vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined);
  project = await projectStack('gpus');
});
afterAll(() => project?.close());

test('jobs beside each other on one machine see whole GPUs of their own, and nobody else’s', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const run = await project.start('jobs', { jobs: names });
  const { seen, cpu } = (await run.result()) as { seen: Seen[]; cpu: Seen };
  expect(seen).toHaveLength(names.length);
  expect(new Set(seen.map(({ gpus }) => gpus))).toEqual(new Set(['0,1', '2,3']));
  for (const pair of ['0,1', '2,3']) {
    const turns = seen.filter(({ gpus }) => gpus === pair).sort((a, b) => a.from - b.from);
    turns.reduce((before, next) => {
      expect(next.from).toBeGreaterThanOrEqual(before.to);
      return next;
    });
  }
  // Both were in use at one time, else nothing is shown.
  expect(
    seen.some((one) => seen.some((other) => one.gpus !== other.gpus && one.from < other.to && other.from < one.to)),
  ).toBe(true);
  expect(cpu.gpus).toBeNull();
});
