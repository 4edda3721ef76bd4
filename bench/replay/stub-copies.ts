import type { SupervisedServer } from '../../packages/activities/src/serving/supervised-server.ts';

/** A server that is there already, as a replay wants one. */
export function servedAt(url: string): SupervisedServer {
  const server = {
    url,
    pid: 0,
    exit: () => null,
    exited: new Promise<void>(() => {}),
    ping: async () => true,
    predict: () => Promise.reject(new Error('not asked for')),
    logTail: async () => [],
    stop: async () => {},
  };
  return { current: async () => server, settle: async () => {}, restarts: 0, stop: async () => {} };
}
