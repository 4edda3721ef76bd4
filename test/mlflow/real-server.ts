import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MlflowServer, startMlflow } from '../../packages/cli/src/dev/mlflow-server.ts';

/** Time that the first start of a server may take on a small machine, ms. */
export const START = 240_000;

export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly stateDir: string;
  /** SIGKILLs the whole server. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and state. */
  restart(): Promise<void>;
}

/** A real MLflow server with a state of its own. */
export async function realMlflow(): Promise<Server> {
  const stateDir = await mkdtemp(join(tmpdir(), 'sluice-mlflow-'));
  let server: MlflowServer = await startMlflow({ stateDir, timeout: START });
  const { url } = server;
  const port = Number(new URL(url).port);
  return {
    url,
    port,
    stateDir,
    async kill() {
      process.kill(-server.pid, 'SIGKILL');
      await server.exited;
    },
    async restart() {
      server = await startMlflow({ stateDir, port, timeout: START });
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

export interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** Routes of the requests that came, in order. */
  readonly seen: string[];
  /** What to do with a request: hand it on, hang up at once, or hand it on and lose the answer. */
  rule: (route: string) => 'pass' | 'hang-up' | 'lose-answer';
}

/** A proxy in front of the server that breaks connections where a test asks for it. */
export async function breakingProxy(target: string): Promise<Proxy> {
  const server = createServer((incoming, outgoing) => {
    const route = (incoming.url ?? '').replace('/api/2.0/mlflow/', '').replace(/\?.*/, '');
    proxy.seen.push(route);
    const rule = proxy.rule(route);
    if (rule === 'hang-up') return incoming.socket.destroy();
    const { host: _, ...headers } = incoming.headers;
    const onward = request(`${target}${incoming.url}`, { method: incoming.method ?? 'GET', headers }, (answer) => {
      if (rule === 'lose-answer') {
        answer.resume().on('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => incoming.socket.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    rule: () => 'pass',
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
