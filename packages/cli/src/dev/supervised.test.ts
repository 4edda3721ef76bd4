import { expect, test, vi } from 'vitest';
import type { ChildExit } from './child.ts';
import { type Part, type PartEvent, Supervised } from './supervised.ts';

interface FakePart extends Part {
  die(): void;
}

function fakePart(pid: number): FakePart {
  let resolve: (exit: ChildExit) => void = () => {};
  const promise = new Promise<ChildExit>((done) => {
    resolve = done;
  });
  const die = () => resolve({ code: null, signal: 'SIGKILL' });
  return { pid, exited: promise, kill: die, die, stop: async () => die() };
}

function supervise(start: (restarts: number) => Promise<FakePart>) {
  const events: PartEvent[] = [];
  const supervised = new Supervised<FakePart>({ name: 'x', start, onEvent: (event) => events.push(event) });
  return { supervised, events };
}

test('starts a part again when it dies, and says so', async () => {
  const { supervised, events } = supervise(async (restarts) => fakePart(100 + restarts));
  await supervised.begin();
  const next = await supervised.restart('SIGKILL');
  expect(next.pid).toBe(101);
  expect(supervised.current?.pid).toBe(101);
  expect(events.map(({ type }) => type)).toEqual(['starting', 'up', 'died', 'up']);
  await supervised.stop();
});

test('does not start it again once it is stopped', async () => {
  const { supervised, events } = supervise(async () => fakePart(1));
  await supervised.begin();
  await supervised.stop();
  expect(supervised.current).toBeNull();
  expect(events.map(({ type }) => type)).toEqual(['starting', 'up']);
});

test('keeps trying when a start fails', async () => {
  const start = vi
    .fn<(restarts: number) => Promise<FakePart>>()
    .mockResolvedValueOnce(fakePart(1))
    .mockRejectedValueOnce(new Error('not yet'))
    .mockResolvedValueOnce(fakePart(3));
  const { supervised, events } = supervise(start);
  const first = await supervised.begin();
  first.die();
  await vi.waitFor(() => expect(supervised.current?.pid).toBe(3));
  expect(events.map(({ type }) => type)).toEqual(['starting', 'up', 'died', 'start-failed', 'up']);
  await supervised.stop();
});

test('throws what goes wrong in the first start', async () => {
  const { supervised } = supervise(async () => {
    throw new Error('no such program');
  });
  await expect(supervised.begin()).rejects.toThrow('no such program');
  await supervised.stop();
});

test('ends a part that came up after the stop', async () => {
  let resolve: (part: FakePart) => void = () => {};
  const promise = new Promise<FakePart>((done) => {
    resolve = done;
  });
  const { supervised } = supervise(() => promise);
  const beginning = supervised.begin();
  await supervised.stop();
  const part = fakePart(1);
  resolve(part);
  await expect(beginning).rejects.toThrow('was stopped');
  await expect(part.exited).resolves.toBeDefined();
});
