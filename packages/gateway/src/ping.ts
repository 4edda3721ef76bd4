import { type ClientRequest, get } from 'node:http';
import type { PingResult } from '@sluice/sdk';

/** Asks a model server `GET /ping`; never throws. */
export function ping(port: number, timeoutMs: number): Promise<PingResult> {
  const started = performance.now();
  return new Promise((resolve) => {
    let request: ClientRequest | null = null;
    const settle = (status: number | null, error?: string) => {
      clearTimeout(timer);
      request?.destroy();
      const latencyMs = Math.round((performance.now() - started) * 1000) / 1000;
      resolve({ ok: status === 200, status, latencyMs, ...(error === undefined ? {} : { error }) });
    };
    const timer = setTimeout(() => settle(null, `no answer within ${timeoutMs} ms`), timeoutMs);
    request = get({ host: '127.0.0.1', port, path: '/ping', agent: false }, (response) => {
      response.on('error', () => undefined);
      response.resume();
      const status = response.statusCode ?? null;
      if (status === 200) settle(status);
      else settle(status, `answered ${status}`);
    });
    request.on('error', (error: NodeJS.ErrnoException) => settle(null, error.code ?? error.message));
  });
}
