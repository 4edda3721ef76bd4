import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { expect, it } from 'vitest';
import { lastOf, resultOf, stepsNamed } from '../look/results.ts';
import { opened } from './run-record.ts';
import { recordOf } from './works.ts';

/** Nothing is stored elsewhere and nothing is closed. */
const client = { options: { loadedDataConverter: { payloadCodecs: [] } } } as unknown as Client;
const payloads = (value: unknown) => ({ payloads: [defaultPayloadConverter.toPayload(value)] });
const model = {
  kind: 'model',
  uri: `sluice:tree/${'ab'.repeat(32)}`,
  digest: `sha256:${'ab'.repeat(32)}`,
  bytes: 3,
  metrics: { mae: 1.5, note: 'no number' },
};

const events = [
  { eventId: 1, workflowExecutionStartedEventAttributes: { input: payloads({ depth: 3 }) } },
  ...job(5, 'airport=EWR/delay', { result: { ...model, bytes: 1 }, progress: {} }),
  ...job(8, 'airport=EWR/delay', { result: model, progress: {} }),
  {
    eventId: 11,
    activityTaskScheduledEventAttributes: {
      activityType: { name: 'registerCandidate' },
      input: payloads({ ref: { step: 'delays' } }),
    },
  },
  { eventId: 12, activityTaskCompletedEventAttributes: { scheduledEventId: 11, result: payloads(model) } },
  // Scheduled, and not ended.
  ...job(13, 'airport=JFK/delay', {}).slice(0, 1),
  { eventId: 20, workflowExecutionCompletedEventAttributes: { result: payloads('deployed') } },
];

function job(eventId: number, step: string, result: unknown) {
  const input = payloads({ ref: { step }, spec: { kind: 'train', data: {} } });
  return [
    { eventId, activityTaskScheduledEventAttributes: { activityType: { name: 'train' }, input } },
    {
      eventId: eventId + 1,
      eventTime: { seconds: 100 + eventId, nanos: 5e8 },
      activityTaskCompletedEventAttributes: { scheduledEventId: eventId, result: payloads(result) },
    },
  ];
}

it('a history tells what a run was given, what its steps gave, and what it returned', async () => {
  const record = await opened(client, recordOf(events as never));
  expect(record).toMatchObject({ params: { depth: 3 }, output: 'deployed', slices: [] });
  expect(record.works.map(({ step, kind, at }) => [step, kind, at])).toEqual([
    ['airport=EWR/delay', 'train', 105_500],
    ['airport=EWR/delay', 'train', 108_500],
  ]);
  // Of a step that ran again, what it gave last.
  const work = lastOf(record.works).get('airport=EWR/delay');
  expect(work && resultOf(work)).toEqual({ artifact: model, metrics: { mae: 1.5 }, value: undefined });
});

it('a step is meant by its path, or by a name in every branch', () => {
  const steps = ['delay', 'airport=EWR/delay', 'airport=EWR/rows', 'airport=JFK/rows'];
  expect(stepsNamed('delay', steps)).toEqual(['delay']);
  expect(stepsNamed('rows', steps)).toEqual(['airport=EWR/rows', 'airport=JFK/rows']);
  expect(stepsNamed('row', steps)).toEqual([]);
});
