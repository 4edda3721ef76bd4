import { isDeepStrictEqual } from 'node:util';
import type {
  GatewayEndpoint,
  GatewayEndpointSpec,
  GatewayTrafficSpec,
  GatewayVersion,
  GatewayVersionSpec,
  Weights,
} from '@sluice/sdk';
import { conflict, GatewayCode, GatewayError, invalid, notFound } from './errors.ts';
import type { RouteEndpoint } from './ipc.ts';
import { LeaseClock } from './lease-clock.ts';
import type { ModelServer } from './model-server.ts';
import { type DesiredEndpoint, type DesiredState, newEndpoint } from './state-file.ts';
import { StateSaver } from './state-saver.ts';
import { changeTraffic, renewLease, revert } from './traffic-change.ts';

export interface EndpointsOptions {
  /** What was asked for before the host was started. */
  desired: DesiredState;
  save: (state: DesiredState) => Promise<void>;
  newServer: (
    endpoint: string,
    id: string,
    spec: GatewayVersionSpec,
    everReady: boolean,
    onChange: () => void,
  ) => ModelServer;
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
  readonly #servers = new Map<string, ModelServer>();
  readonly #removals = new Map<string, Promise<void>>();
  #started = false;
  #closed = false;

  constructor(options: EndpointsOptions) {
    this.#options = options;
    this.#saver = new StateSaver(options.save);
    this.#desired = options.desired;
    for (const endpoint of this.#desired.endpoints) {
      for (const { id, spec, everReady } of endpoint.versions) this.#newServer(endpoint.name, id, spec, everReady);
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
    const server = this.#servers.get(keyOf(name, id));
    if (!server) throw notFound(`Endpoint "${name}" has no version "${id}".`);
    return server;
  }

  routes(): RouteEndpoint[] {
    return this.#desired.endpoints.map((endpoint) => ({
      name: endpoint.name,
      versions: endpoint.versions.map(({ id, spec }) => ({
        id,
        digest: spec.digest,
        port: this.#servers.get(keyOf(endpoint.name, id))?.routePort ?? null,
      })),
      weights: endpoint.weights,
      mirror: endpoint.mirror,
      capturePercent: endpoint.capture.percent,
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
    if (this.#removals.has(keyOf(name, id))) throw conflict(`Version "${id}" of endpoint "${name}" is being removed.`);
    const known = endpoint.versions.find((version) => version.id === id);
    if (!known) {
      this.#newServer(name, id, spec, false);
      await this.#make({ ...endpoint, versions: [...endpoint.versions, { id, spec, everReady: false }] });
    } else if (!isDeepStrictEqual(known.spec, spec)) {
      throw conflict(`Version "${id}" of endpoint "${name}" is another command or model.`, 'Use a new version id.');
    } else if (this.server(name, id).gaveUp) {
      this.#newServer(name, id, spec, known.everReady);
      await this.#make(endpoint);
    }
    return this.server(name, id).state();
  }

  /** Resolves when no process of the version is left. */
  async deleteVersion(name: string, id: string): Promise<void> {
    this.#open();
    const key = keyOf(name, id);
    const endpoint = this.#desired.endpoints.find((candidate) => candidate.name === name);
    const server = this.#servers.get(key);
    if (endpoint && server && !this.#removals.has(key)) {
      mayGo(endpoint, id);
      const { [id]: _, ...weights } = endpoint.weights;
      const versions = endpoint.versions.filter((version) => version.id !== id);
      server.retire();
      const made = this.#make({ ...endpoint, weights, versions });
      this.#removals.set(key, this.#remove(name, id, server, made, endpoint.deadlineMs));
    }
    await this.#removals.get(key);
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
    this.#servers.get(keyOf(name, id))?.answered();
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
    this.#started = true;
    this.#expireLeases();
    this.#leaseTimer = setInterval(() => this.#expireLeases(), LEASE_TICK_MS);
    this.#leaseTimer.unref();
    for (const server of this.#servers.values()) server.start();
  }

  /** Ends every model server; the desired state stays as it is. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#leaseTimer) clearInterval(this.#leaseTimer);
    await Promise.all([...[...this.#servers.values()].map((server) => server.stop()), ...this.#removals.values()]);
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

  async #remove(name: string, id: string, server: ModelServer, made: Promise<void>, drainMs: number): Promise<void> {
    const key = keyOf(name, id);
    await made.catch(() => undefined);
    await this.#options.drain(name, id, drainMs);
    await server.stop();
    this.#servers.delete(key);
    this.#removals.delete(key);
  }

  #expireLeases(): void {
    for (const name of this.#leases.due()) {
      const endpoint = this.#find(name);
      const next = revert(endpoint, (id) => this.#servers.get(keyOf(name, id))?.alive ?? false, Date.now());
      if (next === endpoint) continue;
      if (next.lease === null) this.#leases.end(name);
      this.#make(next).catch(() => undefined);
    }
  }

  #version(name: string, id: string): ModelServer {
    const server = this.#servers.get(keyOf(name, id));
    if (!server || this.#removals.has(keyOf(name, id))) throw invalid(`Endpoint "${name}" has no version "${id}".`);
    return server;
  }

  #mayServe(name: string, id: string, { unready }: GatewayTrafficSpec, without: boolean): void {
    const server = this.#version(name, id);
    if (without || server.ready || (unready === 'allow' && server.alive)) return;
    const { state, lastError } = server.state();
    const why = lastError ? ` ${lastError}` : '';
    throw new GatewayError(GatewayCode.NotReady, `Version "${id}" of endpoint "${name}" is ${state}, not ready.${why}`);
  }

  #newServer(name: string, id: string, spec: GatewayVersionSpec, everReady: boolean): void {
    const server = this.#options.newServer(name, id, spec, everReady, () => this.#serverChanged(name, id));
    this.#servers.set(keyOf(name, id), server);
    if (this.#started) server.start();
  }

  #serverChanged(name: string, id: string): void {
    if (this.#closed) return;
    const endpoint = this.#desired.endpoints.find((candidate) => candidate.name === name);
    const everReady = this.#servers.get(keyOf(name, id))?.everReady ?? false;
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
    const versions = [...this.#servers]
      .filter(([key]) => key.startsWith(`${endpoint.name}/`))
      .map(([, server]) => server.state());
    return { ...endpoint, versions, durable: this.#saver.durable };
  }
}

const keyOf = (endpoint: string, version: string): string => `${endpoint}/${version}`;

/** @throws {GatewayError} GATEWAY_CONFLICT when traffic goes to the version, or may */
function mayGo({ weights, mirror, lease }: DesiredEndpoint, id: string): void {
  const has = (shares: Weights) => Object.hasOwn(shares, id) && (shares[id] ?? 0) > 0;
  if (has(weights)) throw conflict(`Version "${id}" has traffic.`, 'Set its weight to 0 first.');
  if (mirror?.version === id) throw conflict(`Version "${id}" is the mirror.`, 'Turn the mirror off first.');
  if (lease && has(lease.fallback)) {
    throw conflict(`Traffic goes back to version "${id}" when the lease ends.`, 'Set traffic without the lease first.');
  }
}
