import type { IncomingMessage, ServerResponse } from 'node:http';
import { requestHeaders } from './forwarded-headers.ts';
import type { RouteEndpoint, RouteVersion } from './ipc.ts';

/** One request on its way to one version. */
export interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
  id: string;
  arrivedAt: number;
  endpoint: RouteEndpoint;
  version: RouteVersion;
  method: string;
  /** The model server's path and query. */
  path: string;
  /** The bucket of the caller, when it says who it is. */
  caller: number | null;
}

/** What the gateway adds to every answer of a version, its own included. */
export const answerHeaders = ({ id, version }: Exchange): string[] => [
  'x-sluice-request-id',
  id,
  'x-sluice-version',
  version.id,
];

/** The shadow version, when this request is to be copied. */
export function mirrorOf({ endpoint, version }: Exchange): RouteVersion | null {
  const { mirror } = endpoint;
  if (!mirror || mirror.version === version.id || Math.random() * 100 >= mirror.percent) return null;
  return endpoint.versions.find((candidate) => candidate.id === mirror.version) ?? null;
}

/** The request's headers as its version gets them. */
export function versionHeaders({ req, id, method, version }: Exchange): string[] {
  const own = addressed(id, version);
  if (req.headers['transfer-encoding'] !== undefined) own.push('transfer-encoding', 'chunked');
  else if (req.headers['content-length'] === undefined && expectsBody(method)) own.push('content-length', '0');
  return requestHeaders(req.rawHeaders, own);
}

/** The request's headers as the shadow gets them, with a whole body of `length` bytes. */
export function shadowHeaders({ req, id, method }: Exchange, shadow: RouteVersion, length: number): string[] {
  const own = [...addressed(id, shadow), 'x-sluice-shadow', '1'];
  const lacksLength = req.headers['content-length'] === undefined && (length > 0 || expectsBody(method));
  if (lacksLength) own.push('content-length', String(length));
  return requestHeaders(req.rawHeaders, own);
}

const addressed = (id: string, version: RouteVersion): string[] => [
  'host',
  `127.0.0.1:${version.port}`,
  'x-sluice-request-id',
  id,
  'x-sluice-version',
  version.id,
];

const expectsBody = (method: string): boolean => method === 'POST' || method === 'PUT' || method === 'PATCH';
