import type { State } from '@temporalio/worker';
import { expect, test, vi } from 'vitest';
import type { Build, BuildOrder, BuildReply } from '../code/build.ts';
import { serveBuilds } from './serve-builds.ts';

/** A process that serves builds, with workers that do nothing. */
function stand(broken: readonly string[] = []) {
  const stop = new AbortController();
  const answers: BuildReply[] = [];
  const workers = new Map<string, { shutdown: () => void; fail: (error: Error) => void }>();
  let order = (_: BuildOrder): void => {};
  const end = serveBuilds({
    signal: stop.signal,
    orders: { listen: (take) => (order = take), answer: (reply) => void answers.push(reply) },
    create: async ({ id }) => {
      if (broken.includes(id)) throw new Error(`no such file ${id}`);
      let state: State = 'INITIALIZED';
      const ended = Promise.withResolvers<void>();
      const shutdown = () => {
        state = 'STOPPED';
        ended.resolve();
      };
      workers.set(id, { shutdown, fail: ended.reject });
      const run = () => {
        state = 'RUNNING';
        return ended.promise;
      };
      return { run, shutdown, getState: () => state };
    },
    serve: async (worker, onReady) => {
      const running = worker.run();
      stop.signal.addEventListener('abort', () => worker.shutdown());
      onReady();
      await running;
      return 'stopped';
    },
  });
  const build = (id: string): Build => ({ id, path: `${id}.cjs` });
  const serve = (id: string) => order({ type: 'serve-build', build: build(id) });
  return { stop, answers, workers, end, serve, drop: (id: string) => order({ type: 'drop-build', id }) };
}

test('serves every build once, however often it is ordered, and ends when told to', async () => {
  const { stop, answers, workers, end, serve } = stand();
  serve('a');
  serve('a');
  serve('b');
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  serve('a');
  expect(answers.map(({ id }) => id).sort()).toEqual(['a', 'a', 'b']);
  expect([...workers.keys()]).toEqual(['a', 'b']);
  stop.abort();
  expect(await end).toBe('stopped');
});

test('a build that is dropped is served anew when it is ordered again', async () => {
  const { stop, answers, workers, end, serve, drop } = stand();
  serve('a');
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  const first = workers.get('a');
  drop('a');
  serve('a');
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  expect(workers.get('a')).not.toBe(first);
  stop.abort();
  await end;
});

test('a build that cannot be served is answered for, and the others go on', async () => {
  const { stop, answers, end, serve } = stand(['bad']);
  serve('bad');
  serve('good');
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  expect(answers).toContainEqual({ type: 'build-refused', id: 'bad', why: expect.stringContaining('no such file') });
  expect(answers).toContainEqual({ type: 'build-served', id: 'good' });
  stop.abort();
  await end;
});

test('a worker that breaks ends the process, which is started again', async () => {
  const { answers, workers, end, serve } = stand();
  serve('a');
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  workers.get('a')?.fail(new Error('the connection broke'));
  await expect(end).rejects.toThrow('the connection broke');
});
