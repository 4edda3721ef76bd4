import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { expect, it } from 'vitest';
import { type KnownRun, temporalRuns } from './runs.ts';

const hex = (letter: string) => letter.repeat(64);
const run: KnownRun = { workflowId: 'p/1', runId: '1', status: 'open', closedAt: null };

/** Turns every bit over, which no text survives. */
const codec: PayloadCodec = {
  encode: async (payloads) => payloads.map(turned),
  decode: async (payloads) => payloads.map(turned),
};
const turned = ({ metadata, data }: Payload): Payload => ({
  metadata: metadata ?? {},
  data: (data ?? new Uint8Array()).map((byte) => byte ^ 255),
});

function clientWith(events: readonly unknown[] | Error, codecs: readonly PayloadCodec[] = []): Client {
  const fetchHistory = async () => {
    if (events instanceof Error) throw events;
    return { events };
  };
  return {
    options: { loadedDataConverter: { payloadCodecs: codecs } },
    workflow: { getHandle: () => ({ fetchHistory }) },
  } as unknown as Client;
}

const payload = (text: string): Payload => ({ metadata: {}, data: Buffer.from(text) });

it('finds what a history names in parameters, results, failures and memos, at any depth', async () => {
  const found = new Set<string>();
  const events = [
    {
      workflowExecutionStartedEventAttributes: {
        input: { payloads: [payload(hex('a'))] },
        memo: { fields: { x: payload(hex('b')) } },
      },
    },
    {
      activityTaskFailedEventAttributes: {
        failure: {
          message: hex('c'),
          cause: { applicationFailureInfo: { details: { payloads: [payload(hex('d'))] } } },
        },
      },
    },
  ];
  await temporalRuns(clientWith(events)).mark([run], found);
  expect([...found].sort()).toEqual(['a', 'b', 'c', 'd'].map(hex));
});

it('reads payloads that a codec has closed', async () => {
  const found = new Set<string>();
  const events = [{ attributes: { result: { payloads: [turned(payload(`{"digest":"sha256:${hex('a')}"}`))] } } }];
  await temporalRuns(clientWith(events, [codec])).mark([run], found);
  expect([...found]).toEqual([hex('a')]);
});

it('fails when a payload cannot be opened, rather than to take a run for one that names nothing', async () => {
  const broken: PayloadCodec = { ...codec, decode: () => Promise.reject(new Error('no such key')) };
  const client = clientWith([{ input: { metadata: {}, data: randomBytes(9) } }], [broken]);
  await expect(temporalRuns(client).mark([run], new Set())).rejects.toMatchObject({
    code: 'Unreachable',
    where: 'p/1',
  });
});

it('passes over a run whose retention has ended since it was listed', async () => {
  const gone = Object.assign(new Error('not found'), { name: 'WorkflowNotFoundError' });
  await expect(temporalRuns(clientWith(gone)).mark([run], new Set())).resolves.toBeUndefined();
});
