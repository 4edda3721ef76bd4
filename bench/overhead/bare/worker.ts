import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { runPython } from './activity.ts';

/**
 * A plain Temporal worker, in a process of its own as Sluice's are. Its settings are those of `sluice worker`; unlike
 * there, workflows and activities share one worker, which is the fastest way there is, and the bundle is made
 * elsewhere, because a process that once ran webpack is larger and takes longer to fork.
 */
const { BENCH_ADDRESS = '', BENCH_BUNDLE = '', BENCH_SLOTS = '16' } = process.env;
const slots = Number(BENCH_SLOTS);
Runtime.install({ logger: new DefaultLogger('WARN') });
process.on('disconnect', () => process.exit(1));
const connection = await NativeConnection.connect({ address: BENCH_ADDRESS });
const worker = await Worker.create({
  connection,
  taskQueue: 'bench-bare',
  workflowBundle: { codePath: BENCH_BUNDLE },
  activities: { runPython },
  maxConcurrentActivityTaskExecutions: slots,
  maxConcurrentActivityTaskPolls: Math.min(5, slots),
});
const running = worker.run();
process.send?.({ type: 'ready' });
await running;
await connection.close();
