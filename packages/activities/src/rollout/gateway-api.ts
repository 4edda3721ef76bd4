import {
  ErrorCode,
  type GatewayEndpoint,
  type GatewayEndpointSpec,
  type GatewayMetrics,
  type GatewayMetricsQuery,
  type GatewayRenewal,
  type GatewayTrafficSpec,
  type GatewayVersion,
  type GatewayVersionDetail,
  type GatewayVersionSpec,
  type PingResult,
  SluiceError,
} from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';

/** What Sluice uses of the gateway's admin API, by the types of the one contract. */
export interface GatewayApi {
  putEndpoint(endpoint: string, spec: GatewayEndpointSpec): Promise<GatewayEndpoint>;
  /** Null when the gateway has no such endpoint. */
  endpoint(endpoint: string): Promise<GatewayEndpoint | null>;
  putVersion(endpoint: string, id: string, spec: GatewayVersionSpec): Promise<GatewayVersion>;
  /** Null when it has no such version. */
  version(endpoint: string, id: string): Promise<GatewayVersionDetail | null>;
  deleteVersion(endpoint: string, id: string): Promise<unknown>;
  putTraffic(endpoint: string, traffic: GatewayTrafficSpec): Promise<GatewayEndpoint>;
  /** `Refused` with 409 when there is no lease, or that of another generation. */
  renewLease(endpoint: string, renewal?: GatewayRenewal): Promise<GatewayEndpoint>;
  metrics(endpoint: string, window: GatewayMetricsQuery): Promise<GatewayMetrics>;
  ping(endpoint: string, id: string): Promise<PingResult>;
}

/** The gateway's own code of a refusal, in `data.code`. */
export const GatewayRefusal = { conflict: 'GATEWAY_CONFLICT', notReady: 'GATEWAY_NOT_READY' } as const;

/**
 * The admin API of the worker's gateway.
 *
 * @throws SluiceError `InvalidConfig` on a worker that has none; each call `Unreachable` when nobody answers, to be
 * tried again, and `Refused` with `data: { status, code }` when the gateway says no.
 */
export function gatewayApi(context: Pick<ActivityContext, 'gateway'>): GatewayApi {
  const { gateway } = context;
  if (gateway === null) {
    throw new SluiceError(ErrorCode.InvalidConfig, 'This worker has no gateway, so it cannot reach any endpoint.', {
      fix: 'Run endpoints by `sluice dev`, or give the worker the address of a gateway.',
    });
  }
  const call = <Value>(method: string, path: readonly string[], body?: unknown, query = '', timeout = TIMEOUT) =>
    request<Value>(gateway, method, `/${path.map(encodeURIComponent).join('/')}${query}`, body, timeout);
  return {
    putEndpoint: (endpoint, spec) => call('PUT', ['endpoints', endpoint], spec),
    endpoint: (endpoint) => orNull(call('GET', ['endpoints', endpoint])),
    putVersion: (endpoint, id, spec) => call('PUT', ['endpoints', endpoint, 'versions', id], spec),
    version: (endpoint, id) => orNull(call('GET', ['endpoints', endpoint, 'versions', id])),
    deleteVersion: (endpoint, id) =>
      orNull(call('DELETE', ['endpoints', endpoint, 'versions', id], undefined, '', DELETE_TIMEOUT)),
    putTraffic: (endpoint, traffic) => call('PUT', ['endpoints', endpoint, 'traffic'], traffic),
    renewLease: (endpoint, renewal = {}) => call('POST', ['endpoints', endpoint, 'lease'], renewal),
    metrics: (endpoint, window) => {
      const query = Object.entries(window).map(([name, ms]) => `${name}=${Math.max(0, ms)}`);
      return call('GET', ['endpoints', endpoint, 'metrics'], undefined, `?${query.join('&')}`);
    },
    ping: (endpoint, id) => call('POST', ['endpoints', endpoint, 'versions', id, 'ping']),
  };
}

/** Milliseconds one call may take. */
const TIMEOUT = 10_000;
/** A version is drained up to the endpoint's deadline and then given 5 s to end: one that hangs takes all of that. */
const DELETE_TIMEOUT = 60_000;

async function request<Value>(
  gateway: NonNullable<ActivityContext['gateway']>,
  method: string,
  path: string,
  body: unknown,
  timeout: number,
): Promise<Value> {
  const url = gateway.adminUrl.replace(/\/+$/, '') + path;
  let status: number;
  let answer: unknown;
  try {
    const response = await fetch(url, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(gateway.token === undefined ? {} : { authorization: `Bearer ${gateway.token}` }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
    });
    status = response.status;
    answer = parse(await response.text());
  } catch (cause) {
    throw new SluiceError(ErrorCode.Unreachable, `The gateway at ${gateway.adminUrl} does not answer.`, {
      where: `${method} ${path}`,
      fix: 'Start it again, for instance by `sluice dev`; what was asked of it is tried again.',
      cause,
      permanent: false,
    });
  }
  if (status >= 200 && status < 300 && answer !== undefined) return answer as Value;
  const { code, message } = (answer as { error?: { code?: string; message?: string } } | null)?.error ?? {};
  throw new SluiceError(ErrorCode.Refused, message ?? `The gateway answered ${status}.`, {
    where: `${method} ${path}`,
    data: { status, code: code ?? null },
    permanent: status < 500 && code !== GatewayRefusal.notReady,
  });
}

/** The code with which the gateway refused, or null for any other error. */
export function refusalOf(error: unknown): { readonly status: number; readonly code: string | null } | null {
  if (!(error instanceof SluiceError) || error.code !== ErrorCode.Refused) return null;
  return error.data as { status: number; code: string | null };
}

async function orNull<Value>(answer: Promise<Value>): Promise<Value | null> {
  try {
    return await answer;
  } catch (error) {
    if (refusalOf(error)?.status === 404) return null;
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
