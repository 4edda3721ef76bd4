import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Call } from '../../test/rollback/traffic.ts';

/** A request that has ended, and of which endpoint. */
export interface LoadCall extends Call {
  readonly endpoint: string;
}

/** To the process that makes the requests. */
export type LoadOrder =
  | { readonly type: 'call'; readonly endpoint: string; readonly url: string; readonly perSecond: number }
  | { readonly type: 'live'; readonly endpoint: string; readonly live: boolean }
  | { readonly type: 'leave'; readonly endpoint: string };

/** Steady callers, in a process of their own. */
export interface Load {
  readonly pid: number;
  /** Requests that have ended, in the order they did. */
  readonly calls: readonly LoadCall[];
  order(order: LoadOrder): void;
  /** Sends no more, waits for what is under way, and ends. */
  stop(): Promise<void>;
}

export function startLoad(): Load {
  const child = fork(fileURLToPath(new URL('./load-process.ts', import.meta.url)), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: 'inherit',
    detached: true,
  });
  const calls: LoadCall[] = [];
  child.on('message', (batch: LoadCall[]) => calls.push(...batch));
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  return {
    pid: child.pid ?? -1,
    calls,
    order: (order) => child.send(order),
    async stop() {
      if (child.connected) child.send({ type: 'end' });
      const killing = setTimeout(() => child.kill('SIGKILL'), 40_000);
      await exited;
      clearTimeout(killing);
    },
  };
}
