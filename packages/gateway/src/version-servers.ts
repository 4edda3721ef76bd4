import type { GatewayVersion, GatewayVersionSpec } from '@sluice/sdk';
import type { ModelServer } from './model-server.ts';

export type NewServer = (
  endpoint: string,
  id: string,
  spec: GatewayVersionSpec,
  everReady: boolean,
  onChange: () => void,
) => ModelServer;

/** The model servers of all endpoints, also those that are just being removed. */
export class VersionServers {
  readonly #make: NewServer;
  readonly #onChange: (endpoint: string, id: string) => void;
  readonly #servers = new Map<string, ModelServer>();
  readonly #removals = new Map<string, Promise<void>>();
  #started = false;

  constructor(make: NewServer, onChange: (endpoint: string, id: string) => void) {
    this.#make = make;
    this.#onChange = onChange;
  }

  /** Also in place of one that gave up. */
  add(endpoint: string, id: string, spec: GatewayVersionSpec, everReady: boolean): void {
    const server = this.#make(endpoint, id, spec, everReady, () => this.#onChange(endpoint, id));
    this.#servers.set(keyOf(endpoint, id), server);
    if (this.#started) server.start();
  }

  get(endpoint: string, id: string): ModelServer | undefined {
    return this.#servers.get(keyOf(endpoint, id));
  }

  /** The removal of a version that is under way. */
  removal(endpoint: string, id: string): Promise<void> | undefined {
    return this.#removals.get(keyOf(endpoint, id));
  }

  /** Shows it as stopped at once, and stops it after `drained`. */
  remove(endpoint: string, id: string, drained: () => Promise<void>): void {
    const key = keyOf(endpoint, id);
    const server = this.#servers.get(key);
    if (!server) return;
    server.retire();
    const removed = async () => {
      await drained();
      await server.stop();
      this.#servers.delete(key);
      this.#removals.delete(key);
    };
    this.#removals.set(key, removed());
  }

  states(endpoint: string): GatewayVersion[] {
    return [...this.#servers].filter(([key]) => key.startsWith(`${endpoint}/`)).map(([, server]) => server.state());
  }

  startAll(): void {
    this.#started = true;
    for (const server of this.#servers.values()) server.start();
  }

  async stopAll(): Promise<void> {
    await Promise.all([...[...this.#servers.values()].map((server) => server.stop()), ...this.#removals.values()]);
  }
}

const keyOf = (endpoint: string, version: string): string => `${endpoint}/${version}`;
