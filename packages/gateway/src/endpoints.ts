import { isDeepStrictEqual } from 'node:util';
import type { EndpointSpec, EndpointState, TrafficSpec, VersionSpec, VersionState } from './api.ts';
import { DEFAULT_CAPTURE } from './capture-settings.ts';
import { conflict, GatewayCode, GatewayError, invalid, notFound } from './errors.ts';
import type { RouteEndpoint } from './ipc.ts';
import type { ModelServer } from './model-server.ts';
import type { DesiredEndpoint, DesiredState } from './state-file.ts';

export interface EndpointsOptions {
  /** What was asked for before the host was started. */
  desired: DesiredState;
  save: (state: DesiredState) => Promise<void>;
  newServer: (endpoint: string, id: string, spec: VersionSpec, everReady: boolean, onChange: () => void) => ModelServer;
  /** Resolves when the worker uses the routes. */
  applyRoutes: (routes: RouteEndpoint[]) => Promise<void>;
  /** Resolves when nothing of the version is under way, or when the time is up. */
  drain: (endpoint: string, version: string, timeoutMs: number) => Promise<void>;
}

const DEFAULT_DEADLINE_MS = 30_000;
const DRAIN_MS = 5000;

/**
 * The endpoints, their versions and their traffic. A change is first saved, then made, then confirmed by the worker;
 * changes follow each other.
 */
export class Endpoints {
  readonly #options: EndpointsOptions;
  #desired: DesiredState;
  readonly #servers = new Map<string, ModelServer>();
  readonly #removals = new Map<string, Promise<void>>();
  #changes: Promise<unknown> = Promise.resolve();
  #started = false;
  #closed = false;

  constructor(options: EndpointsOptions) {
    this.#options = options;
    this.#desired = options.desired;
    for (const endpoint of this.#desired.endpoints) {
      for (const { id, spec, everReady } of endpoint.versions) this.#newServer(endpoint.name, id, spec, everReady);
    }
  }

  list(): EndpointState[] {
    return this.#desired.endpoints.map((endpoint) => this.#state(endpoint));
  }

  get(name: string): EndpointState {
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
      capture: endpoint.capture,
      deadlineMs: endpoint.deadlineMs,
    }));
  }

  async put(name: string, spec: EndpointSpec): Promise<EndpointState> {
    await this.#change(async () => {
      const known = this.#desired.endpoints.find((endpoint) => endpoint.name === name);
      const base = known ?? {
        name,
        generation: 0,
        weights: {},
        mirror: null,
        capture: DEFAULT_CAPTURE,
        deadlineMs: DEFAULT_DEADLINE_MS,
        versions: [],
      };
      const next = { ...base, ...spec };
      if (!known || !isDeepStrictEqual(next, known)) await this.#save(next);
    });
    return this.get(name);
  }

  async putVersion(name: string, id: string, spec: VersionSpec): Promise<VersionState> {
    await this.#change(async () => {
      const endpoint = this.#find(name);
      if (this.#removals.has(keyOf(name, id)))
        throw conflict(`Version "${id}" of endpoint "${name}" is being removed.`);
      const known = endpoint.versions.find((version) => version.id === id);
      if (known) {
        if (!isDeepStrictEqual(known.spec, spec)) {
          throw conflict(`Version "${id}" of endpoint "${name}" is another command or model.`, 'Use a new version id.');
        }
        if (this.server(name, id).gaveUp) this.#newServer(name, id, spec, known.everReady);
        return;
      }
      await this.#save({ ...endpoint, versions: [...endpoint.versions, { id, spec, everReady: false }] });
      this.#newServer(name, id, spec, false);
    });
    return this.server(name, id).state();
  }

  /** Resolves when no process of the version is left. */
  async deleteVersion(name: string, id: string): Promise<void> {
    const key = keyOf(name, id);
    await this.#change(async () => {
      const endpoint = this.#desired.endpoints.find((candidate) => candidate.name === name);
      const server = this.#servers.get(key);
      if (!endpoint || !server || this.#removals.has(key)) return;
      if ((weightOf(endpoint, id) ?? 0) > 0)
        throw conflict(`Version "${id}" has traffic.`, 'Set its weight to 0 first.');
      if (endpoint.mirror?.version === id)
        throw conflict(`Version "${id}" is the mirror.`, 'Turn the mirror off first.');
      const { [id]: _, ...weights } = endpoint.weights;
      const versions = endpoint.versions.filter((version) => version.id !== id);
      await this.#save({ ...endpoint, weights, versions });
      server.retire();
      this.#removals.set(key, this.#remove(name, id, server));
    }, false);
    await this.#removals.get(key);
  }

  async putTraffic(name: string, spec: TrafficSpec): Promise<EndpointState> {
    await this.#change(async () => {
      const endpoint = this.#find(name);
      const mirror = spec.mirror === undefined ? endpoint.mirror : spec.mirror;
      const same =
        isDeepStrictEqual(positive(endpoint.weights), positive(spec.weights)) &&
        isDeepStrictEqual(endpoint.mirror, mirror);
      const { ifGeneration } = spec;
      // The same change again, because its answer was lost: it is done already.
      const done = same && (ifGeneration === undefined || endpoint.generation === ifGeneration + 1);
      if (ifGeneration !== undefined && ifGeneration !== endpoint.generation && !done) {
        throw conflict(
          `Endpoint "${name}" is at generation ${endpoint.generation}, not ${ifGeneration}.`,
          'Read it again.',
        );
      }
      if (same) return;
      for (const [id, weight] of Object.entries(spec.weights)) this.#mayServe(name, id, weight === 0);
      if (mirror && !isDeepStrictEqual(mirror, endpoint.mirror)) this.#mayServe(name, mirror.version, false);
      await this.#save({ ...endpoint, weights: spec.weights, mirror, generation: endpoint.generation + 1 });
    });
    return this.get(name);
  }

  /** Tells the worker what is; resolves when it knows. */
  apply(): Promise<void> {
    return this.#options.applyRoutes(this.routes());
  }

  /** Starts every version that was there before. */
  startAll(): void {
    this.#started = true;
    for (const server of this.#servers.values()) server.start();
  }

  /** Ends every model server; the desired state stays as it is. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#changes.catch(() => undefined);
    await Promise.all([...[...this.#servers.values()].map((server) => server.stop()), ...this.#removals.values()]);
  }

  /** One change after the other; then the worker gets the new routes. */
  async #change(change: () => Promise<void>, confirm = true): Promise<void> {
    if (this.#closed) throw new GatewayError(GatewayCode.Unavailable, 'The gateway is shutting down.');
    const turn = this.#changes.catch(() => undefined).then(change);
    this.#changes = turn;
    await turn;
    const applied = this.apply();
    if (confirm) await applied;
    else applied.catch(() => undefined);
  }

  async #remove(name: string, id: string, server: ModelServer): Promise<void> {
    const key = keyOf(name, id);
    await this.apply().catch(() => undefined);
    await this.#options.drain(name, id, DRAIN_MS);
    await server.stop();
    this.#servers.delete(key);
    this.#removals.delete(key);
  }

  #mayServe(name: string, id: string, without: boolean): void {
    const server = this.#servers.get(keyOf(name, id));
    if (!server || this.#removals.has(keyOf(name, id))) throw invalid(`Endpoint "${name}" has no version "${id}".`);
    if (without || server.ready) return;
    const { state, lastError } = server.state();
    const why = lastError ? ` ${lastError}` : '';
    throw new GatewayError(GatewayCode.NotReady, `Version "${id}" of endpoint "${name}" is ${state}, not ready.${why}`);
  }

  #newServer(name: string, id: string, spec: VersionSpec, everReady: boolean): void {
    const server = this.#options.newServer(name, id, spec, everReady, () => this.#serverChanged(name, id));
    this.#servers.set(keyOf(name, id), server);
    if (this.#started) server.start();
  }

  async #save(endpoint: DesiredEndpoint): Promise<void> {
    const known = this.#desired.endpoints.some(({ name }) => name === endpoint.name);
    const endpoints = known
      ? this.#desired.endpoints.map((other) => (other.name === endpoint.name ? endpoint : other))
      : [...this.#desired.endpoints, endpoint];
    const next: DesiredState = { format: 1, endpoints };
    await this.#options.save(next);
    this.#desired = next;
  }

  #serverChanged(name: string, id: string): void {
    if (this.#closed) return;
    this.apply().catch(() => undefined);
    const version = this.#desired.endpoints.find((e) => e.name === name)?.versions.find((v) => v.id === id);
    const everReady = this.#servers.get(keyOf(name, id))?.everReady ?? false;
    if (!version || version.everReady === everReady) return;
    const remember = async () => {
      const endpoint = this.#desired.endpoints.find((candidate) => candidate.name === name);
      if (!endpoint?.versions.some((v) => v.id === id)) return;
      await this.#save({
        ...endpoint,
        versions: endpoint.versions.map((v) => (v.id === id ? { ...v, everReady } : v)),
      });
    };
    this.#changes = this.#changes.catch(() => undefined).then(remember);
    this.#changes.catch(() => undefined);
  }

  #find(name: string): DesiredEndpoint {
    const endpoint = this.#desired.endpoints.find((candidate) => candidate.name === name);
    if (!endpoint) throw notFound(`There is no endpoint "${name}".`);
    return endpoint;
  }

  #state(endpoint: DesiredEndpoint): EndpointState {
    const { name, generation, weights, mirror, capture, deadlineMs } = endpoint;
    const servers = [...this.#servers]
      .filter(([key]) => key.startsWith(`${name}/`))
      .map(([, server]) => server.state());
    return { name, generation, versions: servers, weights, mirror, capture, deadlineMs };
  }
}

const keyOf = (endpoint: string, version: string): string => `${endpoint}/${version}`;

const weightOf = (endpoint: DesiredEndpoint, id: string): number | undefined =>
  Object.hasOwn(endpoint.weights, id) ? endpoint.weights[id] : undefined;

const positive = (weights: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(weights).filter(([, weight]) => weight > 0));
