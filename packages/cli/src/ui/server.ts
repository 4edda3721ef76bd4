import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type UiAssets, uiAssets } from '@sluice/ui';
import type { Sources } from '../records/sources.ts';
import { Api } from './api.ts';
import { isApi, refusalOf } from './http/guard.ts';
import { Query } from './http/query.ts';
import { json, send } from './http/send.ts';
import { Hub } from './live/hub.ts';
import { stream } from './live/stream.ts';
import { watchEndpoint, watchRun, watchRuns } from './live/watched.ts';
import { statusOf, troubleOf } from './trouble.ts';

export interface UiServerOptions {
  readonly sources: Sources;
  /** 0 takes a free one. */
  readonly port: number;
  readonly version: string;
  /** The pages. @default those of `@sluice/ui` */
  readonly assets?: UiAssets;
}

export interface UiServer {
  readonly url: string;
  readonly port: number;
  /** Ends it, and every stream; the sources stay open. */
  close(): Promise<void>;
}

/** Streams at a time: each is a page that somebody has open. */
const MOST_STREAMS = 100;

/** Serves the pages and their data on loopback, for reading only. @throws what Node throws where it cannot listen */
export async function startUiServer(options: UiServerOptions): Promise<UiServer> {
  const assets = options.assets ?? (await uiAssets());
  const api = new Api(options.sources, options.version);
  const hub = new Hub();
  let streams = 0;
  let port = options.port;

  const server = createServer((req, res) => {
    void answer(req, res).catch(() => res.destroy());
  });

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = req.url ?? '/';
    const packs = /\bgzip\b/.test(String(req.headers['accept-encoding'] ?? ''));
    const refusal = refusalOf({ method: req.method ?? '', url, headers: req.headers }, port);
    if (refusal !== null) {
      res.shouldKeepAlive = false;
      const trouble = { code: 'Refused', message: refusal.message, where: null, fix: null };
      return send(res, refusal.status, json(trouble), false);
    }
    const [path = '/', search = ''] = url.split('?', 2);
    if (!isApi(url)) return page(res, path, packs);
    try {
      const query = new Query(new URLSearchParams(search));
      if (path === '/api/live') return live(res, query);
      await send(res, 200, json(await api.answer(path, query)), packs);
    } catch (error) {
      await send(res, statusOf(error), json(troubleOf(error)), packs);
    }
  }

  /** There is one document: which page it shows stands behind `#`. What is not there is told by it, too. */
  async function page(res: ServerResponse, path: string, packs: boolean): Promise<void> {
    const file = assets.files.get(path);
    // Names below it carry a hash of what is in them.
    const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    if (file !== undefined) return send(res, 200, { ...file, cache }, packs);
    const bytes = Buffer.from(assets.index);
    return send(res, path === '/' ? 200 : 404, { type: 'text/html; charset=utf-8', bytes }, packs);
  }

  function live(res: ServerResponse, query: Query): void | Promise<void> {
    if (streams >= MOST_STREAMS) {
      const message = `${MOST_STREAMS} pages are open already.`;
      return send(res, 503, json({ code: 'Refused', message, where: null, fix: 'Close some.' }), false);
    }
    const run = query.text('run');
    const endpoint = query.text('endpoint');
    const [key, watched] =
      run !== null
        ? [`run ${run}`, () => watchRun(() => api.run(run, null))]
        : endpoint !== null
          ? [`endpoint ${endpoint}`, () => watchEndpoint(() => api.endpoint(endpoint))]
          : ['runs', () => watchRuns(() => api.runs(new Query(new URLSearchParams())))];
    streams += 1;
    res.once('close', () => {
      streams -= 1;
    });
    stream(res, (listener) => hub.join(key, watched, listener));
  }

  port = await listen(server, options.port);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, port: number): Promise<number> {
  // Nothing here is asked slowly, or at length.
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, done);
  });
  return (server.address() as AddressInfo).port;
}
