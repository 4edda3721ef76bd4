import type { ClientRequest, IncomingMessage } from 'node:http';
import { AnswerPrefix } from './answer-prefix.ts';
import { BodyTee } from './body-tee.ts';
import type { Outcome } from './bucket.ts';
import { captureEntry } from './capture-entry.ts';
import { requestHeaders, responseHeaders } from './forwarded-headers.ts';
import type { RouteVersion } from './ipc.ts';
import type { Exchange, ProxyServices } from './proxy.ts';
import { refuse } from './refusal.ts';
import type { Compared } from './shadow.ts';
import { openUpstream } from './upstream.ts';

/** Sends one request to its version and the answer back, and counts, captures and mirrors it on the way. */
export function forward(exchange: Exchange, services: ProxyServices): void {
  const { req, res, endpoint, version } = exchange;
  const { recorder, inFlight } = services;
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  const own = ['x-sluice-request-id', exchange.id, 'x-sluice-version', version.id];
  const shadow = mirrorOf(exchange);
  const captured = Math.random() * 100 < endpoint.capturePercent;
  const body = captured || shadow ? new BodyTee(services.bufferBytes) : null;
  const answer = new AnswerPrefix(body !== null);
  let upstream: ClientRequest | null = null;
  let over = false;

  let settle: (side: Compared | null) => void = () => undefined;
  const compared = new Promise<Compared | null>((resolve) => {
    settle = resolve;
  });
  const finish = (outcome: Outcome): boolean => {
    if (over) return false;
    over = true;
    clearTimeout(timer);
    inFlight.leave(endpoint.name, version.id);
    recorder.record(endpoint.name, version.id, false, outcome);
    settle(outcome.kind === 'aborted' ? null : { outcome, answer });
    return true;
  };
  /** Lets go of the model server and of the rest of the request. */
  const abandon = () => {
    req.unpipe();
    req.resume();
    upstream?.destroy();
    body?.release();
  };
  const fail = (outcome: Outcome, code: 'MODEL_UNREACHABLE' | 'MODEL_RESET' | 'DEADLINE_EXCEEDED', why: string) => {
    if (!finish(outcome)) return;
    abandon();
    // Once the answer has begun, the only honest way to report its failure is to break it off.
    if (res.headersSent) res.destroy();
    else refuse(res, code, `Version "${version.id}" of endpoint "${endpoint.name}" ${why}.`, own);
  };

  inFlight.enter(endpoint.name, version.id);
  const timer = setTimeout(() => {
    const callerIsSlow = !req.complete || res.writableNeedDrain;
    if (!callerIsSlow) {
      fail(
        { kind: 'deadline', latencyMs: elapsed() },
        'DEADLINE_EXCEEDED',
        `did not answer within ${endpoint.deadlineMs} ms`,
      );
    } else if (finish({ kind: 'aborted' })) {
      abandon();
      if (res.headersSent) res.destroy();
      else refuse(res, 'REQUEST_TIMEOUT', `The request was not received within ${endpoint.deadlineMs} ms.`, own);
    }
  }, endpoint.deadlineMs);
  res.on('close', () => {
    if (finish({ kind: 'aborted' })) abandon();
  });

  if (version.port === null) {
    fail({ kind: 'transport' }, 'MODEL_UNREACHABLE', 'has no running model server');
    return;
  }
  upstream = openUpstream(
    { port: version.port, method: req.method ?? 'GET', path: exchange.path, headers: upstreamHeaders(exchange) },
    {
      response: (message) => relay(message),
      failed(error) {
        if (error.code === 'ECONNREFUSED') fail({ kind: 'transport' }, 'MODEL_UNREACHABLE', 'refused the connection');
        else fail({ kind: 'transport' }, 'MODEL_RESET', `broke off (${error.code ?? error.message})`);
      },
    },
  );
  if (body) req.on('data', (chunk: Buffer) => body.push(chunk));
  if (shadow) req.on('end', () => sendShadow(shadow));
  req.pipe(upstream);

  function relay(message: IncomingMessage): void {
    const status = message.statusCode ?? 502;
    if (over) {
      message.destroy();
      return;
    }
    try {
      res.writeHead(status, message.statusMessage, responseHeaders(message.rawHeaders, own));
    } catch (error) {
      fail({ kind: 'transport' }, 'MODEL_RESET', `sent headers that cannot be passed on (${String(error)})`);
      return;
    }
    let pending: Buffer | null = null;
    let scheduled = false;
    // Bytes wait for the end of the turn, so that a small answer leaves whole, head and all, in one write.
    const passOn = () => {
      scheduled = false;
      if (res.writableEnded || res.destroyed) return;
      if (!pending) res.flushHeaders();
      else if (!res.write(pending)) message.pause();
      pending = null;
    };
    const schedule = () => {
      if (!scheduled) setImmediate(passOn);
      scheduled = true;
    };
    schedule();
    message.on('data', (chunk: Buffer) => {
      answer.push(chunk);
      if (pending) passOn();
      pending = chunk;
      schedule();
    });
    res.on('drain', () => message.resume());
    message.on('end', () => {
      const latencyMs = elapsed();
      if (!finish({ kind: 'answered', status, latencyMs })) return;
      if (!req.complete) {
        // It answered without reading the body: the rest of it is nobody's.
        req.unpipe();
        req.resume();
        upstream?.destroy();
      }
      if (pending) res.end(pending);
      else res.end();
      if (captured) capture(message, status, latencyMs);
      body?.release();
    });
  }

  function capture(message: IncomingMessage, status: number, latencyMs: number): void {
    const whole = req.complete ? body?.whole() : null;
    if (!whole) {
      services.captures.skip(endpoint.name);
      return;
    }
    const entry = captureEntry({
      id: exchange.id,
      arrivedAt: exchange.arrivedAt,
      endpoint: endpoint.name,
      method: req.method ?? 'GET',
      path: exchange.path,
      requestHeaders: req.rawHeaders,
      body: whole,
      status,
      responseHeaders: message.rawHeaders,
      response: answer.prefix(),
      responseBytes: answer.bytes,
      latencyMs,
      version: version.id,
      digest: version.digest,
    });
    services.captures.record(endpoint.name, entry);
  }

  function sendShadow(to: RouteVersion): void {
    const whole = body?.whole();
    if (!whole || over) return;
    void services.shadow.send({
      endpoint: endpoint.name,
      version: to.id,
      port: to.port,
      method: req.method ?? 'GET',
      path: exchange.path,
      headers: shadowHeaders(exchange, to, whole.length),
      body: whole,
      deadlineMs: endpoint.deadlineMs,
      primary: compared,
    });
  }
}

/** The shadow version, when this request is to be copied. */
function mirrorOf({ endpoint, version }: Exchange): RouteVersion | null {
  const { mirror } = endpoint;
  if (!mirror || mirror.version === version.id || Math.random() * 100 >= mirror.percent) return null;
  return endpoint.versions.find((candidate) => candidate.id === mirror.version) ?? null;
}

function upstreamHeaders({ req, id, version }: Exchange): string[] {
  const { headers } = req;
  const own = ['host', `127.0.0.1:${version.port}`, 'x-sluice-request-id', id, 'x-sluice-version', version.id];
  if (headers['transfer-encoding'] !== undefined) own.push('transfer-encoding', 'chunked');
  else if (headers['content-length'] === undefined && expectsBody(req.method)) own.push('content-length', '0');
  return requestHeaders(req.rawHeaders, own);
}

function shadowHeaders({ req, id }: Exchange, to: RouteVersion, length: number): string[] {
  const own = ['host', `127.0.0.1:${to.port}`, 'x-sluice-request-id', id, 'x-sluice-version', to.id];
  const headers = requestHeaders(req.rawHeaders, [...own, 'x-sluice-shadow', '1']);
  const hasLength = req.headers['content-length'] !== undefined;
  return hasLength || !(length > 0 || expectsBody(req.method))
    ? headers
    : [...headers, 'content-length', String(length)];
}

const expectsBody = (method: string | undefined): boolean =>
  method === 'POST' || method === 'PUT' || method === 'PATCH';
