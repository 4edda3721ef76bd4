import type { IncomingHttpHeaders } from 'node:http';

/** Longest address that is read, characters. */
export const LONGEST_URL = 4_096;

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Refusal {
  readonly status: 400 | 403 | 405 | 413 | 414;
  readonly message: string;
}

/**
 * Who may not ask, and what not. Loopback is no fence: any web page in the same browser may send requests here, and a
 * name of its own may be made to point here, so a request must name this very server, and come from its own pages or
 * from no page at all.
 */
export function refusalOf({ method, url, headers }: Asked, port: number): Refusal | null {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, message: 'These pages can be read only.' };
  if (url.length > LONGEST_URL) return { status: 414, message: 'The address is too long.' };
  const own = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  if (port === 80) own.push('127.0.0.1', 'localhost', '[::1]');
  const host = headers.host?.toLowerCase();
  if (host === undefined || !own.includes(host)) {
    return { status: 403, message: 'This server answers to its own address only.' };
  }
  const { origin } = headers;
  if (origin !== undefined && !own.some((name) => origin.toLowerCase() === `http://${name}`)) {
    return { status: 403, message: 'This server answers its own pages only.' };
  }
  const site = headers['sec-fetch-site'];
  const opened = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  // A link from elsewhere may open a page; nothing else from elsewhere gets an answer.
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !(opened && !isApi(url))) {
    return { status: 403, message: 'This server answers its own pages only.' };
  }
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) {
    return { status: 413, message: 'Questions have no body here.' };
  }
  return null;
}

/** Is it data? All else are pages and what they are made of. */
export function isApi(url: string): boolean {
  return url === '/api' || url.startsWith('/api/') || url.startsWith('/api?');
}
