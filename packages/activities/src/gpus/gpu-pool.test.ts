import { describe, expect, test } from 'vitest';
import { activityEnv, type GpuPool, gpuPool } from './gpu-pool.ts';

const pool = (gpus: number, slots: number, own: Record<string, string> = {}): GpuPool =>
  gpuPool('a100', { gpus, slots }, own) ?? expect.fail('no pool');
const visible = () => activityEnv({ CUDA_VISIBLE_DEVICES: 'all', OTHER: 'x' }).CUDA_VISIBLE_DEVICES;

/** An activity that says what it sees, and ends when it is told. */
function begun(one: GpuPool) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const sees: (string | undefined)[] = [];
  const over = one.run(async () => {
    sees.push(visible());
    await promise;
    sees.push(visible());
  });
  const end = async () => {
    resolve();
    await over;
  };
  return { sees, end };
}

describe('GPUs of a worker', () => {
  test('are shared out whole, each to one activity at a time, from start to end', async () => {
    const two = pool(2, 2);
    const [first, second] = [begun(two), begun(two)];
    await second.end();
    const third = begun(two);
    await Promise.all([first.end(), third.end()]);
    expect([first.sees, second.sees, third.sees]).toEqual([
      ['0,1', '0,1'],
      ['2,3', '2,3'],
      ['2,3', '2,3'],
    ]);
  });

  test('come back from an activity that throws', async () => {
    const one = pool(1, 1);
    await expect(one.run(() => Promise.reject(new Error('trainer failed')))).rejects.toThrow('trainer failed');
    expect(await one.run(async () => visible())).toBe('0');
  });

  test('are those that the worker was given, by number or by name', async () => {
    const named = pool(1, 2, { CUDA_VISIBLE_DEVICES: 'GPU-7f, 3' });
    const [first, second] = [begun(named), begun(named)];
    expect([first.sees, second.sees]).toEqual([['GPU-7f'], ['3']]);
    await Promise.all([first.end(), second.end()]);
  });

  test.each([['0'], [''], ['0,0'], ['0,'], ['0,-1,1']])('that do not suffice are told before any work: %j', (own) => {
    expect(() => pool(1, 2, { CUDA_VISIBLE_DEVICES: own })).toThrow(/2 slots of 1 GPU, and CUDA_VISIBLE_DEVICES=/);
  });

  test('are left as they are where a class has none, and outside of activities', async () => {
    expect(gpuPool('cpu', {}, {})).toBeNull();
    expect(visible()).toBe('all');
  });

  test('are seen by what an activity does, also in parallel and after a while', async () => {
    const both = pool(1, 2);
    const look = () =>
      both.run(() => Promise.all([1, 2].map(() => new Promise((done) => setImmediate(() => done(visible()))))));
    expect(await Promise.all([look(), look()])).toEqual([
      ['0', '0'],
      ['1', '1'],
    ]);
  });
});
