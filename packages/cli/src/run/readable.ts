import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';

/** Payloads of a raw history as they were before the project's codec closed them. */
export async function readable(client: Client, payloads: readonly Payload[] | null | undefined): Promise<Payload[]> {
  let open = [...(payloads ?? [])];
  for (const codec of client.options.loadedDataConverter.payloadCodecs) open = await codec.decode(open);
  return open;
}

/** The events, with the inputs of their activities and children readable. */
export async function readableEvents<Event extends temporal.api.history.v1.IHistoryEvent>(
  client: Client,
  events: readonly Event[],
): Promise<readonly Event[]> {
  if (client.options.loadedDataConverter.payloadCodecs.length === 0) return events;
  for (const event of events) {
    for (const { input } of [
      event.activityTaskScheduledEventAttributes ?? {},
      event.startChildWorkflowExecutionInitiatedEventAttributes ?? {},
    ]) {
      if (input?.payloads) input.payloads = await readable(client, input.payloads);
    }
  }
  return events;
}
