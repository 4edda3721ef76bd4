import { ErrorCode, SluiceError } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { type CapturedRequest, parseCaptured } from './captured.ts';
import { linesOf } from './captured-lines.ts';
import { parseShadowed, type ShadowedAnswer } from './shadowed.ts';

/** Which captured requests are wanted. */
export interface CapturedQuery {
  /** Epoch ms of arrival. */
  readonly since: number;
  readonly signal?: AbortSignal;
}

type Gateway = NonNullable<ActivityContext['gateway']>;

/**
 * What a gateway has captured of an endpoint, newest first, as it comes; null for a line that is no request. Nothing
 * of an endpoint that it does not know.
 *
 * @throws SluiceError `Unreachable` when the gateway does not answer, or not to the end: to be tried again; `Refused`
 */
export async function* capturedOverHttp(
  gateway: Gateway,
  endpoint: string,
  query: CapturedQuery,
): AsyncGenerator<CapturedRequest | null> {
  for await (const line of linesOverHttp(gateway, endpoint, 'requests', query)) {
    yield line === null ? null : parseCaptured(line);
  }
}

/** The same of what a gateway has kept of the answers of an endpoint's shadows. */
export async function* shadowedOverHttp(
  gateway: Gateway,
  endpoint: string,
  query: CapturedQuery,
): AsyncGenerator<ShadowedAnswer | null> {
  for await (const line of linesOverHttp(gateway, endpoint, 'shadow', query)) {
    yield line === null ? null : parseShadowed(line);
  }
}

/** Null for a line that is too long. */
async function* linesOverHttp(
  gateway: Gateway,
  endpoint: string,
  what: 'requests' | 'shadow',
  { since, signal }: CapturedQuery,
): AsyncGenerator<string | null> {
  const where = `GET /endpoints/${encodeURIComponent(endpoint)}/${what}?since=${Math.max(0, since)}`;
  const url = gateway.adminUrl.replace(/\/+$/, '') + where.slice('GET '.length);
  const headers = gateway.token === undefined ? {} : { authorization: `Bearer ${gateway.token}` };
  const unreachable = (cause: unknown) => {
    signal?.throwIfAborted();
    return new SluiceError(ErrorCode.Unreachable, `The gateway at ${gateway.adminUrl} does not answer.`, {
      where,
      fix: 'Start it again, for instance by `sluice dev`; what was asked of it is tried again.',
      cause,
      permanent: false,
    });
  };
  const response = await fetch(url, { headers, signal: signal ?? null }).catch((cause: unknown) => {
    throw unreachable(cause);
  });
  if (response.status === 404) return;
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new SluiceError(ErrorCode.Refused, `The gateway answered ${response.status}.`, {
      where,
      data: { status: response.status, code: null },
      permanent: response.status < 500,
    });
  }
  const lines = linesOf(response.body);
  try {
    for (;;) {
      // Only what the gateway does is caught here, not what the reader throws.
      const next = await lines.next().catch((cause: unknown) => {
        throw unreachable(cause);
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await lines.return(undefined);
  }
}
