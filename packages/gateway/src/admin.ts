import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { GatewayErrorBody, GatewayHealth } from '@sluice/sdk';
import type { Endpoints } from './endpoints.ts';
import { GatewayCode, GatewayError, invalid, notFound } from './errors.ts';
import { tailLog } from './log-file.ts';
import type { MetricsView } from './metrics-view.ts';
import {
  parseEndpointName,
  parseEndpointSpec,
  parseQueryNumber,
  parseRenewal,
  parseTrafficSpec,
  parseVersionId,
  parseVersionSpec,
} from './parse.ts';

export interface AdminOptions {
  endpoints: Endpoints;
  view: MetricsView;
  health: () => GatewayHealth;
  shutdown: () => void;
  /** What callers must show. */
  token: string;
}

interface Call {
  method: string;
  /** Decoded segments of the path. */
  path: string[];
  query: URLSearchParams;
  body: () => Promise<unknown>;
}

const MAX_BODY_BYTES = 1024 * 1024;
const LOG_TAIL_LINES = 20;

/** The admin API over HTTP; it does not listen yet. */
export function createAdmin(options: AdminOptions): Server {
  return createServer((req, res) => {
    answer(req, options).then(
      (body) => {
        send(res, 200, body);
        if (req.method === 'POST' && req.url?.split('?')[0] === '/shutdown') res.once('close', options.shutdown);
      },
      (error: unknown) => sendError(res, error),
    );
  });
}

async function answer(req: IncomingMessage, options: AdminOptions): Promise<unknown> {
  checkCaller(req, options.token);
  const [pathname = '', query = ''] = (req.url ?? '/').split('?', 2);
  const path = pathname.split('/').slice(1).map(decode);
  const call = { method: req.method ?? 'GET', path, query: new URLSearchParams(query), body: () => readJson(req) };
  return (await route(call, options)) ?? notKnown(call);
}

async function route(call: Call, options: AdminOptions): Promise<unknown> {
  const [root, name, kind, id, action, ...rest] = call.path;
  if (rest.length > 0) return null;
  if (name === undefined) {
    if (call.method === 'GET' && root === 'healthz') return options.health();
    if (call.method === 'GET' && root === 'endpoints') return { endpoints: options.endpoints.list() };
    if (call.method === 'POST' && root === 'shutdown') return { ok: true };
    return null;
  }
  if (root !== 'endpoints') return null;
  const endpoint = parseEndpointName(name);
  if (kind === undefined) return onEndpoint(call, endpoint, options);
  if (kind === 'versions' && id !== undefined) return onVersion(call, endpoint, parseVersionId(id), action, options);
  return id === undefined ? onPart(call, endpoint, kind, options) : null;
}

async function onEndpoint({ method, body }: Call, name: string, { endpoints }: AdminOptions): Promise<unknown> {
  if (method === 'GET') return endpoints.get(name);
  if (method === 'PUT') return endpoints.put(name, parseEndpointSpec(await body()));
  return null;
}

async function onVersion(
  { method, body }: Call,
  name: string,
  id: string,
  action: string | undefined,
  { endpoints }: AdminOptions,
): Promise<unknown> {
  if (action !== undefined) return method === 'POST' && action === 'ping' ? endpoints.server(name, id).ping() : null;
  if (method === 'PUT') return endpoints.putVersion(name, id, parseVersionSpec(await body()));
  if (method === 'GET') {
    const state = endpoints.server(name, id).state();
    return { ...state, logTail: await tailLog(state.logPath, LOG_TAIL_LINES) };
  }
  if (method === 'DELETE') {
    await endpoints.deleteVersion(name, id);
    return { ok: true };
  }
  return null;
}

async function onPart(
  { method, body, query }: Call,
  name: string,
  part: string,
  options: AdminOptions,
): Promise<unknown> {
  const { endpoints, view } = options;
  if (method === 'PUT' && part === 'traffic') return endpoints.putTraffic(name, parseTrafficSpec(await body()));
  if (method === 'POST' && part === 'lease') return endpoints.renew(name, parseRenewal(await body()).generation);
  if (method !== 'GET' || (part !== 'metrics' && part !== 'requests' && part !== 'shadow')) return null;
  const { versions } = endpoints.get(name);
  const since = parseQueryNumber(query, 'since');
  const from = since === undefined ? {} : { since };
  if (part === 'metrics') {
    const until = parseQueryNumber(query, 'until');
    const ids = versions.map((version) => version.id);
    return view.metrics(name, ids, { ...from, ...(until === undefined ? {} : { until }) });
  }
  const limit = parseQueryNumber(query, 'limit');
  const wanted = { ...from, ...(limit === undefined ? {} : { limit }) };
  return Readable.from(part === 'shadow' ? view.shadows(name, wanted) : view.requests(name, wanted));
}

/** Loopback is no fence: other users of the machine and web pages in a browser reach it too. */
function checkCaller(req: IncomingMessage, token: string): void {
  if (req.headers.origin !== undefined) {
    throw new GatewayError(GatewayCode.Forbidden, 'The admin API takes no calls from web pages.');
  }
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if (timingSafeEqual(digest(req.headers.authorization ?? ''), digest(`Bearer ${token}`))) return;
  throw new GatewayError(GatewayCode.Unauthorized, 'The admin API needs its bearer token.', {
    fix: "It is the one the gateway was started with, or else in the file admin-token of the gateway's state folder.",
  });
}

async function readJson(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw invalid(`The body is larger than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  if (bytes === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw invalid(`The body is not JSON: ${(error as Error).message}`);
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalid(`The path segment "${segment}" is not a valid URL.`);
  }
}

function notKnown({ method, path }: Call): never {
  throw notFound(`The admin API has no ${method} /${path.join('/')}.`);
}

function sendError(res: ServerResponse, error: unknown): void {
  const known = error instanceof GatewayError;
  const message = error instanceof Error ? error.message : String(error);
  const fix = known && error.fix ? ` ${error.fix}` : '';
  const body: GatewayErrorBody = { error: { code: known ? error.code : GatewayCode.Internal, message: message + fix } };
  // What is left of a refused body is not read.
  res.setHeader('connection', 'close');
  send(res, known ? error.status : 500, body);
}

function send(res: ServerResponse, status: number, body: unknown): void {
  if (body instanceof Readable) {
    res.writeHead(status, { 'content-type': 'application/x-ndjson' });
    // An answer that cannot be finished is broken off, so that nobody takes it for whole.
    pipeline(body, res, () => undefined);
    return;
  }
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}
