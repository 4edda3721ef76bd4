import { isDeepStrictEqual } from 'node:util';
import type {
  GatewayEndpoint,
  GatewayEndpointSpec,
  GatewayTrafficSpec,
  GatewayVersion,
  GatewayVersionSpec,
} from '@sluice/sdk';
import { conflict, GatewayCode, GatewayError, invalid, notFound } from './errors.ts';
import type { RouteEndpoint } from './ipc.ts';
import { LeaseClock } from './lease-clock.ts';
import type { ModelServer } from './model-server.ts';
import { type DesiredEndpoint, type DesiredState, newEndpoint } from './state-file.ts';
import { StateSaver } from './state-saver.ts';
import { changeTraffic, mayGo, renewLease, revert } from './traffic-change.ts';
import { type NewServer, VersionServers } from './version-servers.ts';

export interface EndpointsOptions {
  /** What was asked for before the host was started. */
  desired: DesiredState;
  save: (state: DesiredState) => Promise<void>;
  newServer: NewServer;
  /** Resolves when the worker uses the routes. */
  applyRoutes: (routes: RouteEndpoint[]) => Promise<void>;
  /** Resolves when nothing of the version is under way, or when the time is up. */
  drain: (endpoint: string, version: string, timeoutMs: number) => Promise<void>;
}

/** How exactly a lease ends, ms. */
const LEASE_TICK_MS = 100;

/**
 * The endpoints, their versions and their traffic. A change is in force first, then confirmed by the worker and saved:
 * a disk that is full keeps nobody from taking traffic off a bad version.
 */
export class Endpoints {
  readonly #options: EndpointsOptions;
  readonly #saver: StateSaver;
  readonly #leases = new LeaseClock();
  #leaseTimer: NodeJS.Timeout | null = null;
  #desired: DesiredState;
  readonly #servers: VersionServers;
  #closed = false;

  constructor(options: EndpointsOptions) {
    this.#options = options;
    this.#saver = new StateSaver(options.save);
    this.#desired = options.desired;
    this.#servers = new VersionServers(options.newServer, (name, id) => this.#serverChanged(name, id));
    for (const endpoint of this.#desired.endpoints) {
      for (const { id, spec, everReady } of endpoint.versions) this.#servers.add(endpoint.name, id, spec, everReady);
      if (endpoint.lease) this.#leases.resume(endpoint.name, endpoint.lease);
    }
  }

  list(): GatewayEndpoint[] {
    return this.#desired.endpoints.map((endpoint) => this.#state(endpoint));
  }

  get(name: string): GatewayEndpoint {
    return this.#state(this.#find(name));
  }

  server(name: string, id: string): ModelServer {
    this.#find(name);
    const server = this.#servers.get(name, id);
    if (!server) throw notFound(`Endpoint "${name}" has no version "${id}".`);
    return server;
  }

  routes(): RouteEndpoint[] {
    return this.#desired.endpoints.map((endpoint) => ({
      name: endpoint.name,
      versions: endpoint.versions.map(({ id, spec }) => ({
        id,
        digest: spec.digest,
        port: this.#servers.get(endpoint.name, id)?.routePort ?? null,
      })),
      weights: endpoint.weights,
      mirror: endpoint.mirror,
      capture: endpoint.capture,
      deadlineMs: endpoint.deadlineMs,
      idleMs: endpoint.idleMs,
      maxInFlight: endpoint.maxInFlight,
    }));
  }

  async put(name: string, spec: GatewayEndpointSpec): Promise<GatewayEndpoint> {
    this.#open();
    const known = this.#desired.endpoints.find((endpoint) => endpoint.name === name);
    const next = { ...(known ?? newEndpoint(name)), ...spec };
    if (!known || !isDeepStrictEqual(next, known)) await this.#make(next);
    return this.get(name);
  }

  async putVersion(name: string, id: string, spec: GatewayVersionSpec): Promise<GatewayVersion> {
    this.#open();
    const endpoint = this.#find(name);
    if (this.#servers.removal(name, id)) throw conflict(`Version "${id}" of endpoint "${name}" is being removed.`);
    const known = endpoint.versions.find((version) => version.id === id);
    if (!known) {
      this.#servers.add(name, id, spec, false);
      await this.#make({ ...endpoint, versions: [...endpoint.versions, { id, spec, everReady: false }] });
    } else if (!isDeepStrictEqual(known.spec, spec)) {
      throw conflict(`Version "${id}" of endpoint "${name}" is another command or model.`, 'Use a new version id.');
    } else if (this.server(name, id).gaveUp) {
      this.#servers.add(name, id, spec, known.everReady);
      await this.#make(endpoint);
    }
    return this.server(name, id).state();
  }

  /** Resolves when no process of the version is left. */
  async deleteVersion(name: string, id: string): Promise<void> {
    this.#open();
    const endpoint = this.#desired.endpoints.find((candidate) => candidate.name === name);
    if (endpoint && this.#servers.get(name, id) && !this.#servers.removal(name, id)) {
      mayGo(endpoint, id);
      const { [id]: _, ...weights } = endpoint.weights;
      const versions = endpoint.versions.filter((version) => version.id !== id);
      this.#servers.remove(name, id, async () => {
        await this.#make({ ...endpoint, weights, versions }).catch(() => undefined);
        await this.#options.drain(name, id, endpoint.deadlineMs);
      });
    }
    await this.#servers.removal(name, id);
  }

  async putTraffic(name: string, spec: GatewayTrafficSpec): Promise<GatewayEndpoint> {
    this.#open();
    this.#expireLeases();
    const endpoint = this.#find(name);
    const next = changeTraffic(endpoint, spec, Date.now());
    for (const id of Object.keys(spec.lease?.fallback ?? {})) this.#version(name, id);
    if (next.generation !== endpoint.generation) {
      for (const [id, weight] of Object.entries(spec.weights)) this.#mayServe(name, id, spec, weight === 0);
      const { mirror } = next;
      if (mirror && !isDeepStrictEqual(mirror, endpoint.mirror)) this.#mayServe(name, mirror.version, spec, false);
    }
    if (next.lease) this.#leases.start(name, next.lease.ms);
    else this.#leases.end(name);
    if (!isDeepStrictEqual(next, endpoint)) await this.#make(next);
    return this.get(name);
  }

  /** The watcher of a split is alive; answers at once, and the time is saved behind it. */
  renew(name: string, generation: number | undefined): GatewayEndpoint {
    this.#open();
    // First: a host that was stopped must not take a renewal that came too late.
    this.#expireLeases();
    const next = renewLease(this.#find(name), generation, Date.now());
    if (next.lease) this.#leases.start(name, next.lease.ms);
    this.#set(next);
    void this.#saver.save(this.#desired);
    return this.get(name);
  }

  /** A version has answered a request: it is alive, whatever becomes of its pings. */
  answered(name: string, id: string): void {
    this.#servers.get(name, id)?.answered();
  }

  /** The longest time that an answer under way may still take to begin, ms. */
  get drainMs(): number {
    return Math.max(0, ...this.#desired.endpoints.map(({ deadlineMs }) => deadlineMs));
  }

  /** Tells the worker what is; resolves when it knows. */
  apply(): Promise<void> {
    return this.#options.applyRoutes(this.routes());
  }

  /** Starts every version that was there before, after leases that ran out meanwhile were kept. */
  startAll(): void {
    this.#expireLeases();
    this.#leaseTimer = setInterval(() => this.#expireLeases(), LEASE_TICK_MS);
    this.#leaseTimer.unref();
    this.#servers.startAll();
  }

  /** Ends every model server; the desired state stays as it is. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#leaseTimer) clearInterval(this.#leaseTimer);
    await this.#servers.stopAll();
    await this.#saver.close();
  }

  #open(): void {
    if (this.#closed) throw new GatewayError(GatewayCode.Unavailable, 'The gateway is shutting down.');
  }

  /** In force from here on; resolves when the worker uses it and it is saved, or known not to be. */
  async #make(endpoint: DesiredEndpoint): Promise<void> {
    this.#set(endpoint);
    const applied = this.apply();
    await Promise.all([applied, this.#saver.save(this.#desired)]);
  }

  #set(endpoint: DesiredEndpoint): void {
    const others = this.#desired.endpoints;
    const known = others.some(({ name }) => name === endpoint.name);
    const endpoints = known
      ? others.map((other) => (other.name === endpoint.name ? endpoint : other))
      : [...others, endpoint];
    this.#desired = { format: 1, endpoints };
  }

  #expireLeases(): void {
    for (const name of this.#leases.due()) {
      const endpoint = this.#find(name);
      const next = revert(endpoint, (id) => this.#servers.get(name, id)?.alive ?? false, Date.now());
      if (next === endpoint) continue;
      if (next.lease === null) this.#leases.end(name);
      this.#make(next).catch(() => undefined);
    }
  }

  #version(name: string, id: string): ModelServer {
    const server = this.#servers.get(name, id);
    if (!server || this.#servers.removal(name, id)) throw invalid(`Endpoint "${name}" has no version "${id}".`);
    return server;
  }

  #mayServe(name: string, id: string, { unready }: GatewayTrafficSpec, without: boolean): void {
    const server = this.#version(name, id);
    if (without || server.ready || (unready === 'allow' && server.alive)) return;
    const { state, lastError } = server.state();
    const why = lastError ? ` ${lastError}` : '';
    throw new GatewayError(GatewayCode.NotReady, `Version "${id}" of endpoint "${name}" is ${state}, not ready.${why}`);
  }

  #serverChanged(name: string, id: string): void {
    if (this.#closed) return;
    const endpoint = this.#desired.endpoints.find((candidate) => candidate.name === name);
    const everReady = this.#servers.get(name, id)?.everReady ?? false;
    const news = endpoint?.versions.some((version) => version.id === id && version.everReady !== everReady);
    if (endpoint && news) {
      const versions = endpoint.versions.map((version) => (version.id === id ? { ...version, everReady } : version));
      this.#make({ ...endpoint, versions }).catch(() => undefined);
    } else {
      this.apply().catch(() => undefined);
    }
  }

  #find(name: string): DesiredEndpoint {
    const endpoint = this.#desired.endpoints.find((candidate) => candidate.name === name);
    if (!endpoint) throw notFound(`There is no endpoint "${name}".`);
    return endpoint;
  }

  #state({ versions: _, ...endpoint }: DesiredEndpoint): GatewayEndpoint {
    return { ...endpoint, versions: this.#servers.states(endpoint.name), durable: this.#saver.durable };
  }
}
