import type { IncomingHttpHeaders } from 'node:http';
import { CALLER_BUCKETS } from '@sluice/sdk';
import { unitHash } from './routing.ts';

export interface Target {
  endpoint: string;
  /** What the model server gets: path and query. */
  path: string;
}

/** Splits `/<endpoint>/<path>?query`, also in absolute form (`http://host/…`). Null when no endpoint is named. */
export function splitTarget(url: string): Target | null {
  const origin = url.startsWith('/') ? url : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  const match = /^\/([^/?#]+)([^#]*)/.exec(origin);
  if (!match) return null;
  const rest = match[2] ?? '';
  return { endpoint: decode(match[1] ?? ''), path: rest.startsWith('/') ? rest : `/${rest}` };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** What ties a caller to a version: the `x-sluice-key` header, else the `sluice-route` cookie. */
export function stickyKey(headers: IncomingHttpHeaders): string | null {
  const key = headers['x-sluice-key'];
  if (typeof key === 'string' && key !== '') return key;
  for (const pair of headers.cookie?.split(';') ?? []) {
    const [name, value = ''] = pair.trim().split('=', 2);
    if (name === 'sluice-route' && value !== '') return value;
  }
  return null;
}

/** The bucket that a caller's traffic is counted in; null for a caller that does not say who it is. */
export const callerBucket = (key: string | null): number | null =>
  // Another salt than any version's: callers of one bucket are spread over the versions like all.
  key === null ? null : Math.floor(unitHash(key, '/caller') * CALLER_BUCKETS);

/** The caller's own request id where it is a sane one. */
export function requestIdOf(headers: IncomingHttpHeaders): string | null {
  const id = headers['x-sluice-request-id'];
  return typeof id === 'string' && /^[\w.:-]{1,128}$/.test(id) ? id : null;
}
