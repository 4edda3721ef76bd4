import type {
  CaptureLine,
  EndpointMetrics,
  EndpointSpec,
  EndpointState,
  ErrorBody,
  GatewayHealth,
  MetricsQuery,
  PingResult,
  TrafficSpec,
  VersionDetail,
  VersionSpec,
  VersionState,
} from './api.ts';
import type { CapturedQuery } from './capture-read.ts';
import { GatewayCode, GatewayError } from './errors.ts';

/** The admin API, one method a call. Every method throws {@link GatewayError} and may be called again. */
export interface GatewayClient {
  health(): Promise<GatewayHealth>;
  endpoints(): Promise<EndpointState[]>;
  endpoint(name: string): Promise<EndpointState>;
  putEndpoint(name: string, spec?: EndpointSpec): Promise<EndpointState>;
  version(endpoint: string, id: string): Promise<VersionDetail>;
  /** Starts a version at weight 0 and returns at once. */
  putVersion(endpoint: string, id: string, spec: VersionSpec): Promise<VersionState>;
  /** Resolves when no process of the version is left. */
  deleteVersion(endpoint: string, id: string): Promise<void>;
  /** Resolves when the worker uses the weights. */
  setTraffic(endpoint: string, traffic: TrafficSpec): Promise<EndpointState>;
  metrics(endpoint: string, query?: MetricsQuery): Promise<EndpointMetrics>;
  /** Captured requests, newest first, all of them in memory. */
  requests(endpoint: string, query?: CapturedQuery): Promise<CaptureLine[]>;
  ping(endpoint: string, id: string): Promise<PingResult>;
  shutdown(): Promise<void>;
}

export interface GatewayClientOptions {
  token?: string;
  /** @default globalThis.fetch */
  fetch?: typeof globalThis.fetch;
  /** Time one call may take, ms. @default 30000 */
  timeoutMs?: number;
}

/** A client of the admin API at `adminUrl`. */
export function gatewayClient(adminUrl: string, options: GatewayClientOptions = {}): GatewayClient {
  const call = <T>(method: string, path: string, body?: unknown) => request<T>(adminUrl, options, method, path, body);
  const at = (endpoint: string, ...rest: string[]) =>
    `/endpoints/${[endpoint, ...rest].map(encodeURIComponent).join('/')}`;
  return {
    health: () => call('GET', '/healthz'),
    endpoints: async () => (await call<{ endpoints: EndpointState[] }>('GET', '/endpoints')).endpoints,
    endpoint: (name) => call('GET', at(name)),
    putEndpoint: (name, spec = {}) => call('PUT', at(name), spec),
    version: (endpoint, id) => call('GET', at(endpoint, 'versions', id)),
    putVersion: (endpoint, id, spec) => call('PUT', at(endpoint, 'versions', id), spec),
    deleteVersion: (endpoint, id) => call('DELETE', at(endpoint, 'versions', id)),
    setTraffic: (endpoint, traffic) => call('PUT', at(endpoint, 'traffic'), traffic),
    metrics: (endpoint, query = {}) => call('GET', at(endpoint, 'metrics') + queryString({ ...query })),
    requests: (endpoint, query = {}) =>
      call<CaptureLine[]>('GET', at(endpoint, 'requests') + queryString({ ...query })),
    ping: (endpoint, id) => call('POST', at(endpoint, 'versions', id, 'ping')),
    shutdown: () => call('POST', '/shutdown'),
  };
}

async function request<T>(
  adminUrl: string,
  { token, fetch = globalThis.fetch, timeoutMs = 30_000 }: GatewayClientOptions,
  method: string,
  path: string,
  body: unknown,
): Promise<T> {
  const url = adminUrl.replace(/\/+$/, '') + path;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (cause) {
    throw new GatewayError(GatewayCode.Unreachable, `The gateway at ${adminUrl} does not answer (${reason(cause)}).`, {
      where: url,
      fix: 'Start it, for instance with `sluice dev`, or check the address.',
      cause,
    });
  }
  const lines = response.headers.get('content-type') === 'application/x-ndjson';
  const answer = parseJson(lines ? `[${text.trimEnd().replaceAll('\n', ',')}]` : text);
  if (response.ok && answer !== undefined) return answer as T;
  throw refusal(url, response.status, answer);
}

function refusal(where: string, status: number, answer: unknown): GatewayError {
  const { code, message } = (answer as Partial<ErrorBody> | null | undefined)?.error ?? {};
  const known = Object.values(GatewayCode).find((candidate) => candidate === code);
  if (known) return new GatewayError(known, message ?? `The gateway refused with ${status}.`, { where });
  return new GatewayError(GatewayCode.Internal, `${where} answered ${status}, and not as a gateway does.`, { where });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause as { code?: string } | undefined;
  return cause?.code ?? error.message;
}

function queryString(query: Record<string, number | undefined>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? '' : `?${given}`;
}
