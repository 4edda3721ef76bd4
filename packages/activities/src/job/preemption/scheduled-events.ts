/** Path and version of Azure's Scheduled Events. */
export const SCHEDULED_EVENTS = '/metadata/scheduledevents';
export const API_VERSION = '2020-07-01';

/** One event as the service writes it. */
export interface ScheduledEvent {
  readonly EventId: string;
  readonly EventType: string;
  readonly ResourceType: string;
  /** Names of the machines it is for; every machine of a placement group sees all events. */
  readonly Resources: readonly string[];
  readonly EventStatus: string;
  /** RFC 1123, to the second; empty once it has started. */
  readonly NotBefore: string;
  readonly Description: string;
  readonly EventSource: string;
  /** Seconds; -1 when not known. */
  readonly DurationInSeconds: number;
}

export interface ScheduledEventsDocument {
  readonly DocumentIncarnation: number;
  readonly Events: readonly ScheduledEvent[];
}

/** @throws Error for anything that is not such a document */
export function parseScheduledEvents(text: string): ScheduledEventsDocument {
  const value = JSON.parse(text) as ScheduledEventsDocument;
  const whole =
    Array.isArray(value?.Events) &&
    value.Events.every(
      (event) =>
        typeof event?.EventId === 'string' &&
        typeof event.EventType === 'string' &&
        Array.isArray(event.Resources) &&
        typeof event.NotBefore === 'string',
    );
  if (!whole) throw new Error(`not a document of scheduled events: ${text.slice(0, 200)}`);
  return value;
}
