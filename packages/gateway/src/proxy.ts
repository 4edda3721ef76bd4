import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ForwardServices, forward } from './forward.ts';
import type { RouteEndpoint } from './ipc.ts';
import { refuse } from './refusal.ts';
import { pickRandomVersion, pickVersion } from './routing.ts';
import { callerBucket, requestIdOf, splitTarget, stickyKey } from './target.ts';

/** Answers the public port: finds the endpoint, picks a version, forwards. */
export class GatewayProxy {
  readonly #services: ForwardServices;
  #routes = new Map<string, RouteEndpoint>();

  constructor(services: ForwardServices) {
    this.#services = services;
  }

  /** From here on every new request sees these routes. */
  setRoutes(endpoints: readonly RouteEndpoint[]): void {
    this.#routes = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
  }

  handle(req: IncomingMessage, res: ServerResponse): void {
    const arrivedAt = Date.now();
    const requestId = requestIdOf(req.headers) ?? randomUUID();
    const own = ['x-sluice-request-id', requestId];
    const target = splitTarget(req.url ?? '/');
    const endpoint = target && this.#routes.get(target.endpoint);
    if (!target || !endpoint) {
      const asked = target ? `There is no endpoint "${target.endpoint}".` : 'The path names no endpoint.';
      refuse(res, 'ENDPOINT_NOT_FOUND', `${asked} Ask for /<endpoint>/<path>.`, own);
      return;
    }
    if (req.headers.upgrade?.toLowerCase().includes('websocket')) {
      refuse(res, 'UPGRADE_NOT_SUPPORTED', 'The gateway passes requests on, not web sockets.', own);
      return;
    }
    const key = stickyKey(req.headers);
    const picked = key === null ? pickRandomVersion(endpoint.weights) : pickVersion(endpoint.weights, key);
    const version = endpoint.versions.find((candidate) => candidate.id === picked);
    if (!version) {
      refuse(res, 'NO_VERSION', `Endpoint "${endpoint.name}" has no version with traffic.`, own);
      return;
    }
    const method = req.method ?? 'GET';
    const port = () => this.#portOf(endpoint.name, version.id);
    const caller = callerBucket(key);
    try {
      forward(
        { req, res, requestId, arrivedAt, endpoint, version, port, method, path: target.path, caller },
        this.#services,
      );
    } catch (error) {
      // One request that cannot be passed on must not end all the others.
      console.error(error);
      refuse(res, 'INTERNAL', `The gateway could not pass the request on (${String(error)}).`, own);
    }
  }

  #portOf(endpoint: string, version: string): number | null {
    return this.#routes.get(endpoint)?.versions.find(({ id }) => id === version)?.port ?? null;
  }
}
