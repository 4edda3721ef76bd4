import { join } from 'node:path';
import { startMlflow } from './mlflow-server.ts';
import { claimPort } from './ports.ts';
import type { Part } from './supervised.ts';

export interface MlflowPart extends Part {
  readonly url: string;
  readonly port: number;
}

/** Starts MLflow's server with its state below `.sluice/mlflow`, as a part that can be kept up. */
export async function startMlflowPart(options: {
  readonly root: string;
  readonly port: number;
  readonly onProgress: (line: string) => void;
}): Promise<MlflowPart> {
  const port = await claimPort(options.port, 'MLflow', '--mlflow-port');
  const server = await startMlflow({ stateDir: join(options.root, '.sluice'), port, log: options.onProgress });
  return {
    pid: server.pid,
    port,
    url: server.url,
    // Its group may outlive its leader; a successor needs the port and the database.
    exited: server.exited.then(() => server.stop()).then(() => ({ code: null, signal: null })),
    kill: (signal) => {
      try {
        process.kill(-server.pid, signal);
      } catch {
        // It is gone already.
      }
    },
    stop: () => server.stop(),
  };
}
