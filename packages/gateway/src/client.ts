import type {
  CaptureLine,
  GatewayEndpoint,
  GatewayEndpointSpec,
  GatewayErrorBody,
  GatewayHealth,
  GatewayMetrics,
  GatewayMetricsQuery,
  GatewayRenewal,
  GatewayRequestsQuery,
  GatewayTrafficSpec,
  GatewayVersion,
  GatewayVersionDetail,
  GatewayVersionSpec,
  PingResult,
  ShadowLine,
} from '@sluice/sdk';
import { GatewayCode, GatewayError } from './errors.ts';

/** The admin API, one method a call. Every method throws {@link GatewayError} and may be called again. */
export interface GatewayClient {
  health(): Promise<GatewayHealth>;
  endpoints(): Promise<GatewayEndpoint[]>;
  endpoint(name: string): Promise<GatewayEndpoint>;
  putEndpoint(name: string, spec?: GatewayEndpointSpec): Promise<GatewayEndpoint>;
  version(endpoint: string, id: string): Promise<GatewayVersionDetail>;
  /** Starts a version at weight 0 and returns at once. */
  putVersion(endpoint: string, id: string, spec: GatewayVersionSpec): Promise<GatewayVersion>;
  /** Resolves when no process of the version is left: answers under way have the endpoint's deadline. */
  deleteVersion(endpoint: string, id: string): Promise<void>;
  /** Resolves when the worker uses the weights. */
  setTraffic(endpoint: string, traffic: GatewayTrafficSpec): Promise<GatewayEndpoint>;
  /** Renews the lease on the traffic; `GATEWAY_CONFLICT` when there is none, or that of another generation. */
  renewLease(endpoint: string, renewal?: GatewayRenewal): Promise<GatewayEndpoint>;
  metrics(endpoint: string, query?: GatewayMetricsQuery): Promise<GatewayMetrics>;
  /** Captured requests, newest first, all of them in memory. */
  requests(endpoint: string, query?: GatewayRequestsQuery): Promise<CaptureLine[]>;
  /** Kept answers of shadows, newest first, all of them in memory. */
  shadows(endpoint: string, query?: GatewayRequestsQuery): Promise<ShadowLine[]>;
  ping(endpoint: string, id: string): Promise<PingResult>;
  shutdown(): Promise<void>;
}

export interface GatewayClientOptions {
  token?: string;
  /** @default globalThis.fetch */
  fetch?: typeof globalThis.fetch;
  /** Time one call may take, ms; removing a version, which waits for answers under way, has two minutes. @default 30000 */
  timeoutMs?: number;
}

const DELETE_TIMEOUT_MS = 120_000;

/** A client of the admin API at `adminUrl`. */
export function gatewayClient(adminUrl: string, options: GatewayClientOptions = {}): GatewayClient {
  const call = <T>(method: string, path: string, body?: unknown) => request<T>(adminUrl, options, method, path, body);
  const at = (endpoint: string, ...rest: string[]) =>
    `/endpoints/${[endpoint, ...rest].map(encodeURIComponent).join('/')}`;
  return {
    health: () => call('GET', '/healthz'),
    endpoints: async () => (await call<{ endpoints: GatewayEndpoint[] }>('GET', '/endpoints')).endpoints,
    endpoint: (name) => call('GET', at(name)),
    putEndpoint: (name, spec = {}) => call('PUT', at(name), spec),
    version: (endpoint, id) => call('GET', at(endpoint, 'versions', id)),
    putVersion: (endpoint, id, spec) => call('PUT', at(endpoint, 'versions', id), spec),
    deleteVersion: (endpoint, id) =>
      request(
        adminUrl,
        { ...options, timeoutMs: DELETE_TIMEOUT_MS },
        'DELETE',
        at(endpoint, 'versions', id),
        undefined,
      ),
    setTraffic: (endpoint, traffic) => call('PUT', at(endpoint, 'traffic'), traffic),
    renewLease: (endpoint, renewal = {}) => call('POST', at(endpoint, 'lease'), renewal),
    metrics: (endpoint, query = {}) => call('GET', at(endpoint, 'metrics') + queryString({ ...query })),
    requests: (endpoint, query = {}) =>
      call<CaptureLine[]>('GET', at(endpoint, 'requests') + queryString({ ...query })),
    shadows: (endpoint, query = {}) => call<ShadowLine[]>('GET', at(endpoint, 'shadow') + queryString({ ...query })),
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
  const { code, message } = (answer as Partial<GatewayErrorBody> | null | undefined)?.error ?? {};
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
