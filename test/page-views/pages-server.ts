import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { uiAssets } from '@sluice/ui';

/** The pages with canned answers, behind the same rules of content as `sluice ui`. */
export interface PagesServer {
  readonly url: string;
  /** Paths under `/api/` that were asked for, with when. */
  readonly asked: { readonly path: string; readonly at: number }[];
  /** Sends an event to all who listen. */
  send(name: string, value: unknown): void;
  /** Ends all streams, and lets none be opened until `back`. */
  away(): void;
  back(): void;
  close(): Promise<void>;
}

const policy =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export async function servePages(answers: ReadonlyMap<string, unknown>): Promise<PagesServer> {
  const { index, files } = await uiAssets();
  const asked: { path: string; at: number }[] = [];
  const streams = new Set<ServerResponse>();
  let up = true;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    response.setHeader('content-security-policy', policy);
    const file = files.get(url.pathname);
    if (file !== undefined) {
      response.setHeader('content-type', file.type).end(file.bytes);
      return;
    }
    if (!url.pathname.startsWith('/api/')) {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(index);
      return;
    }
    asked.push({ path: `${url.pathname}${url.search}`, at: Date.now() });
    if (!up) {
      response.destroy();
      return;
    }
    if (url.pathname === '/api/live') {
      response.setHeader('content-type', 'text/event-stream').write(':\n\n');
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return;
    }
    for (const name of ['limit', 'after']) url.searchParams.delete(name);
    const query = [...url.searchParams].map(([name, value]) => `${name}=${value}`).join('&');
    const answer = answers.get(`${url.pathname}${query === '' ? '' : `?${query}`}`);
    response.setHeader('content-type', 'application/json');
    if (answer === undefined) {
      response.statusCode = 404;
      response.end(
        JSON.stringify({ code: 'NotFound', message: 'There is no such thing.', where: query, fix: 'See sluice runs.' }),
      );
    } else response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    send(name, value) {
      for (const stream of streams) stream.write(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`);
    },
    away() {
      up = false;
      for (const stream of streams) stream.destroy();
    },
    back() {
      up = true;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
