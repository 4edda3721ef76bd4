import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CaptureWriter } from './capture-writer.ts';
import { forward } from './forward.ts';
import type { InFlight } from './in-flight.ts';
import type { RouteEndpoint, RouteVersion } from './ipc.ts';
import { refuse } from './refusal.ts';
import { pickRandomVersion, pickVersion } from './routing.ts';
import type { ShadowTraffic } from './shadow.ts';
import { requestIdOf, splitTarget, stickyKey } from './target.ts';
import type { TrafficRecorder } from './traffic-recorder.ts';

export interface ProxyServices {
  recorder: TrafficRecorder;
  inFlight: InFlight;
  shadow: ShadowTraffic;
  captures: CaptureWriter;
  /** Largest request body kept in memory, bytes. */
  bufferBytes: number;
}

/** One request on its way to one version. */
export interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
  id: string;
  arrivedAt: number;
  endpoint: RouteEndpoint;
  version: RouteVersion;
  /** The model server's path and query. */
  path: string;
}

/** Answers the public port: finds the endpoint, picks a version, forwards. */
export class GatewayProxy {
  readonly #services: ProxyServices;
  #routes = new Map<string, RouteEndpoint>();

  constructor(services: ProxyServices) {
    this.#services = services;
  }

  /** From here on every new request sees these routes. */
  setRoutes(endpoints: readonly RouteEndpoint[]): void {
    this.#routes = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
  }

  handle(req: IncomingMessage, res: ServerResponse): void {
    const arrivedAt = Date.now();
    const id = requestIdOf(req.headers) ?? randomUUID();
    const own = ['x-sluice-request-id', id];
    const target = splitTarget(req.url ?? '/');
    const endpoint = target && this.#routes.get(target.endpoint);
    if (!target || !endpoint) {
      const asked = target ? `There is no endpoint "${target.endpoint}".` : 'The path names no endpoint.';
      refuse(res, 'ENDPOINT_NOT_FOUND', `${asked} Ask for /<endpoint>/<path>.`, own);
      return;
    }
    const key = stickyKey(req.headers);
    const picked = key === null ? pickRandomVersion(endpoint.weights) : pickVersion(endpoint.weights, key);
    const version = endpoint.versions.find((candidate) => candidate.id === picked);
    if (!version) {
      refuse(res, 'NO_VERSION', `Endpoint "${endpoint.name}" has no version with traffic.`, own);
      return;
    }
    forward({ req, res, id, arrivedAt, endpoint, version, path: target.path }, this.#services);
  }
}
