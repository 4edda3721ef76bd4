import { setTimeout as pause } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { type DesiredState, newEndpoint } from './state-file.ts';
import { StateSaver } from './state-saver.ts';

const state = (generation: number): DesiredState => ({
  format: 1,
  endpoints: [{ ...newEndpoint('digits'), generation }],
});
const generationOf = ({ endpoints }: DesiredState) => endpoints[0]?.generation;

test('states asked for while one is written are written as one, the latest', async () => {
  const written: (number | undefined)[] = [];
  const saver = new StateSaver(async (latest) => {
    await pause(20);
    written.push(generationOf(latest));
  });
  await Promise.all([1, 2, 3, 4].map((n) => saver.save(state(n))));
  expect(written.at(-1)).toBe(4);
  expect(written.length).toBeLessThanOrEqual(2);
  expect(saver.durable).toBe(true);
});

test('what could not be saved is said, and saved again until it is', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  let full = true;
  let written: number | undefined;
  const saver = new StateSaver(async (latest) => {
    if (full) throw new Error('ENOSPC: no space left on device');
    written = generationOf(latest);
  });
  await saver.save(state(1));
  expect(saver.durable).toBe(false);
  expect(said).toHaveBeenCalledWith(expect.stringContaining('ENOSPC'));
  full = false;
  await vi.waitUntil(() => saver.durable, { timeout: 10_000 });
  expect(written).toBe(1);
  said.mockRestore();
});

test('a disk that hangs keeps nobody waiting', async () => {
  let wake: () => void = () => undefined;
  const saver = new StateSaver(
    () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
  );
  await saver.save(state(1));
  expect(saver.durable).toBe(false);
  wake();
  await vi.waitUntil(() => saver.durable, { timeout: 10_000 });
});
