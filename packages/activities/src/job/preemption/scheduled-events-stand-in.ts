import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { API_VERSION, SCHEDULED_EVENTS, type ScheduledEvent } from './scheduled-events.ts';

/** Least notice that Azure gives for `Preempt`, ms. */
const LEAST_NOTICE_MS = 30_000;

export interface ScheduledEventsStandIn {
  readonly url: string;
  /** Schedules a `Preempt` event. @returns its id */
  preempt(machine: string, options?: { readonly notBeforeMs?: number }): string;
  close(): Promise<void>;
}

export interface StandInOptions {
  /** @default 0, a free one */
  readonly port?: number;
  /** How long an event that has started stays in the document, ms. @default 10000 */
  readonly startedMs?: number;
}

/**
 * Azure's Scheduled Events on loopback, for development and tests: same routes, same document, same life of an
 * event (`Scheduled`, then `Started` without its time, then gone). `POST /control/preempt {"machine", "inSeconds"}`
 * schedules one. It ends no machine.
 */
export async function scheduledEventsStandIn(options: StandInOptions = {}): Promise<ScheduledEventsStandIn> {
  const events = new Map<string, ScheduledEvent>();
  const timers = new Map<string, NodeJS.Timeout>();
  let incarnation = 1;

  const later = (id: string, ms: number, what: () => void): void => {
    clearTimeout(timers.get(id));
    timers.set(id, setTimeout(what, ms).unref());
  };
  const start = (id: string): void => {
    const event = events.get(id);
    if (event === undefined || event.EventStatus === 'Started') return;
    events.set(id, { ...event, EventStatus: 'Started', NotBefore: '' });
    incarnation += 1;
    later(id, options.startedMs ?? 10_000, () => {
      events.delete(id);
      timers.delete(id);
      incarnation += 1;
    });
  };
  const preempt: ScheduledEventsStandIn['preempt'] = (machine, { notBeforeMs = LEAST_NOTICE_MS } = {}) => {
    const id = randomUUID().toUpperCase();
    events.set(id, {
      EventId: id,
      EventType: 'Preempt',
      ResourceType: 'VirtualMachine',
      Resources: [machine],
      EventStatus: 'Scheduled',
      NotBefore: new Date(Date.now() + notBeforeMs).toUTCString(),
      Description: 'Virtual machine is being preempted.',
      EventSource: 'Platform',
      DurationInSeconds: -1,
    });
    incarnation += 1;
    later(id, notBeforeMs, () => start(id));
    return id;
  };

  const answer = async (request: IncomingMessage): Promise<[status: number, body: unknown]> => {
    if (request.headers.origin !== undefined) return [403, { error: 'Not for browsers' }];
    const url = new URL(request.url ?? '/', 'http://stand-in');
    if (url.pathname === '/control/preempt' && request.method === 'POST') {
      const body = await jsonOf(request);
      const machine = body?.machine;
      const seconds = body?.inSeconds ?? LEAST_NOTICE_MS / 1000;
      if (
        typeof machine !== 'string' ||
        machine === '' ||
        typeof seconds !== 'number' ||
        !(seconds >= 0 && seconds < 1e6)
      ) {
        return [400, { error: 'expected {"machine": string, "inSeconds": number}' }];
      }
      return [200, { eventId: preempt(machine, { notBeforeMs: seconds * 1000 }) }];
    }
    if (url.pathname !== SCHEDULED_EVENTS) return [404, { error: 'Not found' }];
    if (request.headers.metadata?.toString().toLowerCase() !== 'true') {
      return [400, { error: 'Bad request: Required metadata header not specified' }];
    }
    if (url.searchParams.get('api-version') !== API_VERSION) {
      return [
        400,
        { error: 'Bad request: api-version is invalid or was not specified', 'newest-versions': [API_VERSION] },
      ];
    }
    if (request.method === 'GET') return [200, { DocumentIncarnation: incarnation, Events: [...events.values()] }];
    if (request.method !== 'POST') return [405, { error: 'Method not allowed' }];
    const requests = (await jsonOf(request))?.StartRequests;
    const ids = Array.isArray(requests) ? requests.map((one) => (one as { EventId?: unknown } | null)?.EventId) : [];
    if (ids.length === 0 || !ids.every((id) => typeof id === 'string' && events.has(id))) {
      return [400, { error: 'Bad request: malformed StartRequests' }];
    }
    for (const id of ids) start(id as string);
    return [200, null];
  };

  const server = createServer((request, response) => {
    answer(request).then(
      ([status, body]) => reply(response, status, body),
      (error: unknown) => reply(response, 500, { error: String(error) }),
    );
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(options.port ?? 0, '127.0.0.1', listening);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    preempt,
    close: () => {
      for (const timer of timers.values()) clearTimeout(timer);
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

/** Null for a body that is no JSON object, or is longer than 64 KiB. */
async function jsonOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>> | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > 64 * 1024) return null;
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === null ? '' : JSON.stringify(body));
}
