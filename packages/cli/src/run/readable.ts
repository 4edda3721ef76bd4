import type { Client } from '@temporalio/client';
import type { ExternalStorage, Payload } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';

/** Payloads that are fetched from the store at once. */
const AT_ONCE = 16;
const REFERENCE = 'temporal.api.sdk.v1.ExternalStorageReference';

/** Payloads of a raw history as they were before they were stored elsewhere and the project's codec closed them. */
export async function readable(client: Client, payloads: readonly Payload[] | null | undefined): Promise<Payload[]> {
  const { externalStorage, payloadCodecs } = client.options.loadedDataConverter;
  let open = await Promise.all((payloads ?? []).map((payload) => fetched(externalStorage, payload)));
  for (const codec of payloadCodecs.toReversed()) open = await codec.decode(open);
  return open;
}

/** The events, with the inputs of their activities and children readable. */
export async function readableEvents<Event extends temporal.api.history.v1.IHistoryEvent>(
  client: Client,
  events: readonly Event[],
): Promise<readonly Event[]> {
  const inputs = events.flatMap((event) => {
    const input =
      event.activityTaskScheduledEventAttributes?.input ??
      event.startChildWorkflowExecutionInitiatedEventAttributes?.input;
    return input?.payloads ? [input] : [];
  });
  const lane = async () => {
    for (let input = inputs.pop(); input !== undefined; input = inputs.pop()) {
      input.payloads = await readable(client, input.payloads);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return events;
}

/** What a reference stands for; any other payload as it is. */
async function fetched(storage: ExternalStorage | undefined, payload: Payload): Promise<Payload> {
  const type = payload.metadata?.messageType;
  if (!type || Buffer.from(type).toString() !== REFERENCE) return payload;
  const reference = JSON.parse(Buffer.from(payload.data ?? []).toString()) as {
    readonly driverName?: string;
    readonly claimData?: Record<string, string>;
  };
  const driver = storage?.getDriver(reference.driverName ?? '');
  if (!driver) return payload;
  const [found] = await driver.retrieve({}, [{ claimData: reference.claimData ?? {} }]);
  return found ?? payload;
}
