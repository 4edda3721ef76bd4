import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import type { PreemptionNotice } from '../../context.ts';
import { watchScheduledEvents } from './preemption.ts';
import { API_VERSION, SCHEDULED_EVENTS, type ScheduledEventsDocument } from './scheduled-events.ts';
import { type ScheduledEventsStandIn, scheduledEventsStandIn } from './scheduled-events-stand-in.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function standIn(options = {}): Promise<ScheduledEventsStandIn> {
  const server = await scheduledEventsStandIn(options);
  closers.push(() => server.close());
  return server;
}

function watch(baseUrl: string, machine = 'gpu_0') {
  const lines: string[] = [];
  const notices: PreemptionNotice[] = [];
  const watching = watchScheduledEvents({ baseUrl, machine, intervalMs: 10, log: (line) => lines.push(line) });
  watching.subscribe((notice) => notices.push(notice));
  closers.push(() => watching.close());
  return { watching, notices, lines };
}

async function document(url: string): Promise<ScheduledEventsDocument> {
  const response = await fetch(`${url}${SCHEDULED_EVENTS}?api-version=${API_VERSION}`, {
    headers: { Metadata: 'true' },
  });
  return (await response.json()) as ScheduledEventsDocument;
}

test('a Preempt for this machine is told once, with its deadline', async () => {
  const server = await standIn();
  const { watching, notices } = watch(server.url);
  expect(watching.current()).toBeNull();
  const id = server.preempt('GPU_0', { notBeforeMs: 30_000 });
  await vi.waitFor(() => expect(notices).toHaveLength(1));
  const left = (notices[0]?.deadline ?? 0) - Date.now();
  expect(left).toBeGreaterThan(25_000);
  expect(left).toBeLessThanOrEqual(30_000);
  expect(watching.current()).toMatchObject({ eventId: id, reason: expect.stringContaining('Preempt by Platform') });
  const seen = (await document(server.url)).DocumentIncarnation;
  await new Promise((done) => setTimeout(done, 60));
  expect(notices).toHaveLength(1);
  expect((await document(server.url)).DocumentIncarnation).toBe(seen); // it was not acknowledged
});

test('another machine’s event is not ours', async () => {
  const server = await standIn();
  const { watching, notices } = watch(server.url);
  server.preempt('gpu_1');
  server.preempt('gpu_0');
  await vi.waitFor(() => expect(notices).toHaveLength(1));
  expect(watching.current()?.eventId).toBe(notices[0]?.eventId);
});

test('an event that starts keeps its deadline, and is over when it disappears', async () => {
  const server = await standIn({ startedMs: 300 });
  const { watching, notices } = watch(server.url);
  server.preempt('gpu_0', { notBeforeMs: 100 });
  await vi.waitFor(() => expect(notices).toHaveLength(1));
  const deadline = notices[0]?.deadline;
  await vi.waitFor(async () =>
    expect((await document(server.url)).Events[0]).toMatchObject({ EventStatus: 'Started', NotBefore: '' }),
  );
  expect(watching.current()?.deadline).toBe(deadline);
  await vi.waitFor(() => expect(watching.current()).toBeNull());
  expect(notices).toHaveLength(1);
});

test('an event that has started before it is first seen is due now', async () => {
  const server = await standIn();
  const id = server.preempt('gpu_0');
  await post(server.url, SCHEDULED_EVENTS, { StartRequests: [{ EventId: id }] });
  const { notices } = watch(server.url);
  await vi.waitFor(() => expect(notices).toHaveLength(1));
  expect(Math.abs((notices[0]?.deadline ?? 0) - Date.now())).toBeLessThan(2000);
});

test('a service that cannot be reached is told once, and tried again', async () => {
  let broken = true;
  const server = createServer((_request, response) => {
    if (broken) response.writeHead(500).end('setting up');
    else response.end(JSON.stringify({ DocumentIncarnation: 1, Events: [] }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closers.push(() => server.close());
  const { lines } = watch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  await new Promise((done) => setTimeout(done, 60));
  expect(lines).toEqual([expect.stringContaining('it answers 500: setting up')]);
  broken = false;
  await vi.waitFor(() => expect(lines).toHaveLength(2));
  expect(lines[1]).toContain('can be read again');
});

test('the stand-in answers as the service does', async () => {
  const server = await standIn();
  const url = `${server.url}${SCHEDULED_EVENTS}?api-version=${API_VERSION}`;
  expect((await fetch(url)).status).toBe(400);
  expect((await fetch(`${server.url}${SCHEDULED_EVENTS}`, { headers: { Metadata: 'true' } })).status).toBe(400);
  const first = await document(server.url);
  const made = await post(server.url, '/control/preempt', { machine: 'gpu_0', inSeconds: 60 });
  const { eventId } = (await made.json()) as { eventId: string };
  const second = await document(server.url);
  expect(second.DocumentIncarnation).toBeGreaterThan(first.DocumentIncarnation);
  expect(second.Events).toMatchObject([
    {
      EventId: eventId,
      EventType: 'Preempt',
      ResourceType: 'VirtualMachine',
      Resources: ['gpu_0'],
      EventStatus: 'Scheduled',
    },
  ]);
  expect(second.Events[0]?.NotBefore).toMatch(/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
  expect((await post(server.url, SCHEDULED_EVENTS, { StartRequests: [{ EventId: 'nonsense' }] })).status).toBe(400);
  expect((await post(server.url, SCHEDULED_EVENTS, { StartRequests: [{ EventId: eventId }] })).status).toBe(200);
  expect((await post(server.url, SCHEDULED_EVENTS, { StartRequests: [{ EventId: eventId }] })).status).toBe(200);
  expect((await document(server.url)).Events[0]?.EventStatus).toBe('Started');
  expect((await post(server.url, '/control/preempt', { machine: 7 })).status).toBe(400);
});

function post(url: string, path: string, body: unknown): Promise<Response> {
  const version = path === SCHEDULED_EVENTS ? `?api-version=${API_VERSION}` : '';
  return fetch(`${url}${path}${version}`, {
    method: 'POST',
    headers: { Metadata: 'true' },
    body: JSON.stringify(body),
  });
}
