import { describeError } from '@sluice/sdk';
import type { Worker } from '@temporalio/worker';
import type { Build, BuildOrder, BuildReply } from '../code/build.ts';
import type { WorkerEnd } from './serve.ts';

/** Where the orders come from, and where the answers go. */
export interface BuildOrders {
  listen(take: (order: BuildOrder) => void): void;
  answer(reply: BuildReply): void;
}

export interface ServeBuildsOptions {
  readonly orders: BuildOrders;
  readonly create: (build: Build) => Promise<Pick<Worker, 'run' | 'shutdown' | 'getState'>>;
  /** Runs a worker until it has ended; `onReady` is called once it takes work. */
  readonly serve: (worker: Pick<Worker, 'run' | 'shutdown' | 'getState'>, onReady: () => void) => Promise<WorkerEnd>;
  readonly signal: AbortSignal;
  readonly onReady?: (() => void) | undefined;
}

/**
 * Serves as many builds as it is ordered to, each by a worker of its own in this process, until `signal` fires. A
 * build that is dropped takes no more work; what it has in hand comes to its end.
 *
 * @throws what a worker ends with that was not told to end.
 */
export async function serveBuilds({ orders, create, serve, signal, onReady }: ServeBuildsOptions): Promise<WorkerEnd> {
  const served = new Map<string, Promise<Pick<Worker, 'shutdown' | 'getState'>>>();
  const ready = new Set<string>();
  const running = new Set<Promise<unknown>>();
  let fail = (_: unknown): void => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  const begin = async (build: Build): Promise<void> => {
    const creating = create(build);
    served.set(build.id, creating);
    try {
      const worker = await creating;
      const end = serve(worker, () => {
        ready.add(build.id);
        orders.answer({ type: 'build-served', id: build.id });
      });
      running.add(end);
      end.then(() => running.delete(end), fail);
    } catch (error) {
      served.delete(build.id);
      orders.answer({ type: 'build-refused', id: build.id, why: describeError(error) });
    }
  };
  const drop = async (id: string): Promise<void> => {
    const creating = served.get(id);
    served.delete(id);
    ready.delete(id);
    const worker = await creating?.catch(() => undefined);
    if (worker?.getState() === 'RUNNING') worker.shutdown();
  };
  orders.listen((order) => {
    if (signal.aborted) return;
    if (order.type === 'drop-build') void drop(order.id);
    else if (ready.has(order.build.id)) orders.answer({ type: 'build-served', id: order.build.id });
    else if (!served.has(order.build.id)) void begin(order.build);
  });
  onReady?.();
  await Promise.race([failed, aborted(signal)]);
  await Promise.race([failed, Promise.all(running)]);
  return 'stopped';
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
