import { setTimeout as wait } from 'node:timers/promises';
import { type ModelServer, type ModelServerOptions, startModelServer } from './model-server.ts';

/** A model server that is started again when it ends by itself, so that one bad request spoils only itself. */
export interface SupervisedServer {
  /** The running server; a dead one when it may not be started again. */
  current(): Promise<ModelServer>;
  /** To call after a broken connection: returns once it is known whether the server is still there. */
  settle(): Promise<void>;
  /** How often it had to be started again. */
  readonly restarts: number;
  stop(): Promise<void>;
}

/** Milliseconds in which the end of a process follows the end of its connections. */
const EXIT_LAG = 2_000;

/**
 * Starts a server and keeps it up.
 *
 * @param limit Restarts before it is left dead; a restart that does not get ready counts as the last.
 * @throws SluiceError `ServerNotReady` and whatever {@link startModelServer} throws, for the first start only.
 */
export async function superviseServer(options: ModelServerOptions, limit = 10): Promise<SupervisedServer> {
  let server = await startModelServer(options);
  let restarts = 0;
  let stopped = false;
  let restarting: Promise<ModelServer> | null = null;

  const restart = async (): Promise<ModelServer> => {
    restarts += 1;
    const dead = server;
    await dead.stop();
    try {
      server = await startModelServer(options);
      if (stopped) await server.stop();
    } catch (error) {
      options.scope?.signal.throwIfAborted();
      if ((error as { code?: unknown }).code === undefined) throw error;
      restarts = Math.max(restarts, limit);
    }
    return server;
  };

  return {
    async current() {
      if (server.exit() === null || stopped || restarts >= limit) return server;
      restarting ??= restart().finally(() => {
        restarting = null;
      });
      return restarting;
    },
    async settle() {
      const suspect = server;
      if (suspect.exit() !== null || (await suspect.ping())) return;
      const late = new AbortController();
      await Promise.race([suspect.exited, wait(EXIT_LAG, undefined, { signal: late.signal }).catch(() => {})]);
      late.abort();
    },
    get restarts() {
      return restarts;
    },
    async stop() {
      stopped = true;
      await restarting?.catch(() => {});
      await server.stop();
    },
  };
}
