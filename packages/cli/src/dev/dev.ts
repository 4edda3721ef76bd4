import { loadConfig } from '../config/load-config.ts';
import { InterruptedError } from '../errors.ts';
import type { DevOptions, DevStack } from './dev-stack.ts';
import { Stack } from './stack.ts';

export type { DevOptions, DevStack, PartName, WorkerInfo } from './dev-stack.ts';

/**
 * Starts what a project needs on this machine: Temporal, MLflow, the gateway, preemption notices and a worker process
 * per resource class. Parts that die are started again on the same ports. Pipelines that cannot be loaded are told of
 * by `onEvent`; the stack waits for them to be mended.
 *
 * @throws SluiceError `InvalidConfig`, `AlreadyRunning`, `PortInUse`, `CommandNotFound`, `StackFailed`; nothing is left
 * running then.
 */
export async function startDevStack(options: DevOptions = {}): Promise<DevStack> {
  const loaded = await loadConfig({
    ...(options.root === undefined ? {} : { cwd: options.root }),
    ...(options.config === undefined ? {} : { file: options.config }),
  });
  const stack = new Stack(loaded, options);
  try {
    await Promise.race([stack.start(), brokenOff(options.signal)]);
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Rejects when the signal fires; never resolves. */
function brokenOff(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, failed) => {
    const fail = () => failed(new InterruptedError('The start was broken off.'));
    if (signal?.aborted) fail();
    else signal?.addEventListener('abort', fail, { once: true });
  });
}
