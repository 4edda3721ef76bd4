import { Agent, request } from 'node:http';

export interface Sent {
  path: string;
  failed: string | null;
  startedAt: number;
  endedAt: number;
}

/** Callers that send one request after the other, and remember each. */
export class SteadyLoad {
  readonly sent: Sent[] = [];
  readonly open = new Set<Sent>();
  readonly #agent = new Agent({ keepAlive: true });
  readonly #callers: Promise<void>[];
  #stopped = false;

  /** Every second caller keeps its connection, the others open one per request. */
  constructor(url: string, paths: readonly string[]) {
    this.#callers = paths.map(async (path, i) => {
      while (!this.#stopped) await this.#one(url, path, i % 2 === 0);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#callers);
    this.#agent.destroy();
  }

  #one(url: string, path: string, keepAlive: boolean): Promise<void> {
    const sent: Sent = { path, failed: null, startedAt: performance.now(), endedAt: 0 };
    this.sent.push(sent);
    this.open.add(sent);
    return new Promise((resolve) => {
      const end = (failed: string | null) => {
        sent.failed ??= failed;
        sent.endedAt = performance.now();
        this.open.delete(sent);
        resolve();
      };
      const agent = keepAlive ? this.#agent : false;
      const outgoing = request(url + path, { method: 'POST', agent }, (response) => {
        if (response.statusCode !== 200) sent.failed = `status ${response.statusCode}`;
        response.resume();
        response.on('end', () => end(null));
        response.on('error', (error) => end(error.message));
      });
      outgoing.on('error', (error) => end(error.message));
      outgoing.end('{"inputs":[1,2,3]}');
    });
  }
}
