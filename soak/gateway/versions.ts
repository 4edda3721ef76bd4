import { fileURLToPath } from 'node:url';
import { type GatewayClient, GatewayCode, GatewayError } from '../../packages/gateway/src/index.ts';

const SERVER = fileURLToPath(new URL('./model-server.ts', import.meta.url));
const VERSIONS = 3;

export interface Changes {
  weights: number;
  replaced: number;
  killed: number;
  /** Changes that the gateway refused, because a version was not ready just then. */
  refused: number;
}

/** The versions of one endpoint, whose weights change, and which are replaced or killed while they have no traffic. */
export class Versions {
  readonly changes: Changes = { weights: 0, replaced: 0, killed: 0, refused: 0 };
  readonly #client: GatewayClient;
  readonly #endpoint: string;
  readonly #random: () => number;
  #serial = 0;

  constructor(client: GatewayClient, endpoint: string, random: () => number) {
    this.#client = client;
    this.#endpoint = endpoint;
    this.#random = random;
  }

  /** Starts all of them; resolves when the first is on traffic and all are ready. */
  async start(): Promise<void> {
    for (let i = 0; i < VERSIONS; i += 1) await this.#add();
    for (;;) {
      const ready = await this.#ready();
      if (ready.length === VERSIONS) {
        await this.#client.setTraffic(this.#endpoint, { weights: { [ready[0] ?? '']: 1 } });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Another split between two versions, or all; returns those that have no traffic any more. */
  async change(): Promise<string[]> {
    const ready = this.#shuffled(await this.#ready());
    const chosen = ready.slice(0, this.#random() < 0.3 ? ready.length : 2);
    const weights = Object.fromEntries(chosen.map((id) => [id, 1 + Math.floor(this.#random() * 99)]));
    if (chosen.length === 0) return [];
    try {
      await this.#client.setTraffic(this.#endpoint, { weights });
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== GatewayCode.NotReady) throw error;
      this.changes.refused += 1;
      return [];
    }
    this.changes.weights += 1;
    return ready.filter((id) => !chosen.includes(id));
  }

  /** Ends a version without traffic and starts another in its place. */
  async replace(id: string): Promise<void> {
    await this.#client.deleteVersion(this.#endpoint, id);
    await this.#add();
    this.changes.replaced += 1;
  }

  /** SIGKILLs the model server of a version without traffic; the gateway starts it again. */
  async kill(id: string): Promise<void> {
    const { pid } = await this.#client.version(this.#endpoint, id);
    if (pid === null) return;
    process.kill(pid, 'SIGKILL');
    this.changes.killed += 1;
  }

  async #add(): Promise<void> {
    this.#serial += 1;
    const command = [process.execPath, SERVER];
    const spec = { digest: `sha256:${this.#serial}`, command, cwd: process.cwd(), modelPath: '/' };
    await this.#client.putVersion(this.#endpoint, `v${this.#serial}`, spec);
  }

  async #ready(): Promise<string[]> {
    const { versions } = await this.#client.endpoint(this.#endpoint);
    return versions.filter(({ state }) => state === 'ready').map(({ id }) => id);
  }

  #shuffled(ids: readonly string[]): string[] {
    return ids
      .map((id) => ({ id, place: this.#random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ id }) => id);
  }
}
