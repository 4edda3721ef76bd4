import type { PreemptionNotice, PreemptionNotices } from '../../context.ts';
import { API_VERSION, parseScheduledEvents, SCHEDULED_EVENTS, type ScheduledEvent } from './scheduled-events.ts';

/** Azure's address of the service, the same on every machine. */
export const AZURE_METADATA = 'http://169.254.169.254';

/** The first answer may take two minutes, while Azure sets the service up for this machine. */
const FIRST_TIMEOUT_MS = 150_000;
const TIMEOUT_MS = 10_000;

/** Events after which the machine's processes are gone. `Freeze` only pauses them. */
const ending: readonly string[] = ['Preempt', 'Terminate', 'Redeploy', 'Reboot'];

export interface ScheduledEventsOptions {
  /** {@link AZURE_METADATA}, or the stand-in's URL. Must not go through a proxy. */
  readonly baseUrl: string;
  /** Name of this machine, as events call it. */
  readonly machine: string;
  /** Between two looks, ms. @default 1000 */
  readonly intervalMs?: number;
  /** @default the global fetch */
  readonly fetch?: typeof fetch;
  /** Told once when the service cannot be reached, and once when it can again. @default console.warn */
  readonly log?: (line: string) => void;
}

/**
 * Looks at Azure's Scheduled Events each second: a spot machine is told at least 30 s before it goes, most of the
 * time. Never acknowledges an event, because that lets Azure begin earlier, and for every machine the event names.
 */
export function watchScheduledEvents(options: ScheduledEventsOptions): PreemptionNotices & { close(): void } {
  const interval = options.intervalMs ?? 1000;
  const log = options.log ?? ((line) => console.warn(line));
  const listeners = new Set<(notice: PreemptionNotice) => void>();
  const closing = new AbortController();
  /** Deadlines by event: once an event has started, it no longer says when it was due. */
  let notices = new Map<string, PreemptionNotice>();
  let timeout = FIRST_TIMEOUT_MS;
  let reachable = true;
  let timer: NodeJS.Timeout | undefined;

  const take = (events: readonly ScheduledEvent[]): void => {
    const mine = events.filter((event) => ending.includes(event.EventType) && isFor(event, options.machine));
    const now = new Map(mine.map((event) => [event.EventId, notices.get(event.EventId) ?? noticeOf(event)]));
    const fresh = [...now.values()].filter(({ eventId }) => !notices.has(eventId));
    notices = now;
    for (const notice of fresh) for (const listener of [...listeners]) listener(notice);
  };

  const look = async (): Promise<void> => {
    try {
      const document = await read(options, AbortSignal.any([closing.signal, AbortSignal.timeout(timeout)]));
      timeout = TIMEOUT_MS;
      if (!reachable) log(`Scheduled events at ${options.baseUrl} can be read again.`);
      reachable = true;
      if (!closing.signal.aborted) take(document.Events);
    } catch (error) {
      if (closing.signal.aborted) return;
      if (reachable) log(`Scheduled events cannot be read at ${options.baseUrl}; still trying. ${reasonOf(error)}`);
      reachable = false;
    }
    if (closing.signal.aborted) return;
    timer = setTimeout(() => void look(), interval);
    timer.unref();
  };
  void look();

  return {
    current: () => [...notices.values()].toSorted((a, b) => a.deadline - b.deadline)[0] ?? null,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closing.abort();
      clearTimeout(timer);
      listeners.clear();
    },
  };
}

async function read(options: ScheduledEventsOptions, signal: AbortSignal) {
  const url = `${options.baseUrl.replace(/\/+$/, '')}${SCHEDULED_EVENTS}?api-version=${API_VERSION}`;
  const response = await (options.fetch ?? fetch)(url, { headers: { Metadata: 'true' }, signal });
  const text = await response.text();
  if (!response.ok) throw new Error(`it answers ${response.status}: ${text.slice(0, 200)}`);
  return parseScheduledEvents(text);
}

/** A machine of a scale set is called `pool_0` by events, in the upper or lower case it was made with. */
function isFor(event: ScheduledEvent, machine: string): boolean {
  return event.Resources.some((name) => name.toLowerCase() === machine.toLowerCase());
}

function noticeOf(event: ScheduledEvent): PreemptionNotice {
  const due = event.NotBefore === '' ? Date.now() : Date.parse(event.NotBefore);
  return {
    eventId: event.EventId,
    deadline: Number.isNaN(due) ? Date.now() : due,
    reason: `${event.EventType} by ${event.EventSource || 'Azure'}${event.Description ? `: ${event.Description}` : ''}`,
  };
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error instanceof Error ? error.message : error}${cause}`;
}
