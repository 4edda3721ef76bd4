import type { ClientRequest, IncomingMessage, InformationEvent } from 'node:http';
import { AnswerPrefix } from './answer-prefix.ts';
import { BodyTee } from './body-tee.ts';
import type { Outcome } from './bucket.ts';
import type { CaptureQueue } from './capture-queue.ts';
import { answerHeaders, type Exchange, mirrorOf, shadowHeaders, versionHeaders } from './exchange.ts';
import { responseHeaders } from './forwarded-headers.ts';
import type { InFlight } from './in-flight.ts';
import type { RouteVersion } from './ipc.ts';
import { Patience } from './patience.ts';
import { type RefusalCode, refuse } from './refusal.ts';
import { relayAnswer, relayInformation } from './relay-answer.ts';
import { expectsContinue, relayBody } from './relay-body.ts';
import type { Compared, ShadowTraffic } from './shadow.ts';
import type { TrafficRecorder } from './traffic-recorder.ts';
import { openUpstream } from './upstream.ts';

export interface ForwardServices {
  recorder: TrafficRecorder;
  inFlight: InFlight;
  shadow: ShadowTraffic;
  captures: CaptureQueue;
  /** Largest request body kept in memory, bytes. */
  bufferBytes: number;
}

/** Sends one request to its version and the answer back, and counts, captures and mirrors it on the way. */
export function forward(exchange: Exchange, services: ForwardServices): void {
  const { req, res, endpoint, version, method, path } = exchange;
  const own = answerHeaders(exchange);
  const shadow = mirrorOf(exchange);
  const captured = Math.random() * 100 < endpoint.capture.percent;
  const body = captured || shadow ? new BodyTee(services.bufferBytes) : null;
  const answer = new AnswerPrefix(body !== null);
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  let sending: ClientRequest | null = null;
  let waits = expectsContinue(req);
  let over = false;
  let settle: (side: Compared | null) => void = () => undefined;
  const primary = new Promise<Compared | null>((resolve) => {
    settle = resolve;
  });
  const patience = new Patience(endpoint, late);
  let letGo: () => void = () => undefined;

  const crowded = services.inFlight.count(endpoint.name, version.id) >= endpoint.maxInFlight;
  services.inFlight.enter(endpoint.name, version.id);
  res.on('close', () => {
    if (finish({ kind: 'aborted' })) abandon();
  });
  if (version.port === null) {
    fail({ kind: 'transport' }, 'MODEL_UNREACHABLE', 'has no running model server');
    return;
  }
  if (crowded) {
    fail({ kind: 'transport' }, 'OVERLOADED', `has ${endpoint.maxInFlight} requests under way, as many as it may`);
    return;
  }
  letGo = openUpstream(
    { port: exchange.port, method, path, headers: (port) => versionHeaders(exchange, port) },
    { connected: sendBody, informed, response: relay, failed: broken },
  );

  /** Counts the outcome, once; false when it is counted already. */
  function finish(outcome: Outcome): boolean {
    if (over) return false;
    over = true;
    patience.end();
    services.inFlight.leave(endpoint.name, version.id);
    services.recorder.record(endpoint.name, version.id, false, outcome, exchange.caller);
    settle(outcome.kind === 'aborted' ? null : { outcome, answer });
    return true;
  }

  /** Lets go of the model server and of the rest of the request. */
  function abandon(): void {
    req.unpipe();
    req.resume();
    letGo();
    body?.release();
  }

  function fail(outcome: Outcome, code: RefusalCode, why: string): void {
    if (!finish(outcome)) return;
    abandon();
    // Once the answer has begun, the only honest way to report its failure is to break it off.
    if (res.headersSent) res.destroy();
    else refuse(res, code, `Version "${version.id}" of endpoint "${endpoint.name}" ${why}.`, own);
  }

  function late(): void {
    const ms = patience.limitMs;
    // Whoever does not take what it is offered is the slow one.
    const callerReads = res.headersSent && res.writableNeedDrain;
    const callerSends = !res.headersSent && sending !== null && !req.complete && !sending.writableNeedDrain;
    if (callerReads || callerSends)
      fail({ kind: 'aborted' }, 'REQUEST_TIMEOUT', `got no more of the request in ${ms} ms`);
    else fail({ kind: 'deadline', latencyMs: elapsed() }, 'DEADLINE_EXCEEDED', `did not answer within ${ms} ms`);
  }

  function broken(error: NodeJS.ErrnoException): void {
    if (error.code === 'ECONNREFUSED') fail({ kind: 'transport' }, 'MODEL_UNREACHABLE', 'refused the connection');
    else fail({ kind: 'transport' }, 'MODEL_RESET', `broke off (${error.code ?? ''}: ${error.message})`);
  }

  function sendBody(upstream: ClientRequest): void {
    relayBody(req, upstream, {
      proceed() {
        waits = false;
        res.writeContinue();
      },
      data(chunk) {
        patience.moved();
        body?.push(chunk);
      },
      end() {
        patience.moved();
        if (shadow) copyTo(shadow);
      },
    });
    sending = upstream;
  }

  function informed(information: InformationEvent): void {
    if (!over) relayInformation(information, req, res);
  }

  function relay(message: IncomingMessage): void {
    if (over) {
      message.destroy();
      return;
    }
    patience.answering();
    const status = message.statusCode ?? 502;
    // A caller that was never told to send its body may send it or not: the connection cannot go on.
    if (waits) res.shouldKeepAlive = false;
    try {
      res.writeHead(status, message.statusMessage, responseHeaders(message.rawHeaders, own));
    } catch (error) {
      fail({ kind: 'transport' }, 'MODEL_RESET', `sent headers that cannot be passed on (${String(error)})`);
      return;
    }
    relayAnswer(message, res, {
      data(chunk) {
        patience.moved();
        answer.push(chunk);
      },
      end(finishAnswer) {
        const latencyMs = elapsed();
        if (!finish({ kind: 'answered', status, latencyMs })) return;
        finishAnswer();
        if (captured) capture(message, status, latencyMs);
        // It may have answered without reading the body: the rest of it is nobody's.
        if (!req.complete) abandon();
        body?.release();
      },
    });
  }

  function capture(message: IncomingMessage, status: number, latencyMs: number): void {
    // Whole only when all of it has passed: an answer may come before that.
    const chunks = req.readableEnded ? body?.chunks() : null;
    if (!chunks) {
      services.captures.skip(endpoint.name);
      return;
    }
    const answered = {
      requestId: exchange.requestId,
      arrivedAt: exchange.arrivedAt,
      endpoint: endpoint.name,
      method,
      path,
      requestHeaders: req.rawHeaders,
      body: chunks,
      status,
      responseHeaders: message.rawHeaders,
      response: answer.chunks(),
      responseBytes: answer.bytes,
      latencyMs,
      version: version.id,
      digest: version.digest,
    };
    // Once all is sent and no copy is made of it, the body's memory is nobody's.
    services.captures.record(answered, shadow === null && sending?.writableFinished === true);
  }

  function copyTo(to: RouteVersion): void {
    const whole = body?.whole();
    if (!whole || over) return;
    const copy = {
      endpoint: endpoint.name,
      version: to.id,
      port: to.port,
      method,
      path,
      headers: (port: number) => shadowHeaders(exchange, to, port, whole.length),
      limits: endpoint,
    };
    const keeps = captured && endpoint.mirror?.keep === true;
    const keep = { requestId: exchange.requestId, requestHeaders: req.rawHeaders, digest: to.digest };
    void services.shadow.send({ ...copy, body: whole, primary, keep: keeps ? keep : null });
  }
}
