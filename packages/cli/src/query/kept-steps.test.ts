import { readFile } from 'node:fs/promises';
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import type { temporal } from '@temporalio/proto';
import { expect, it } from 'vitest';
import { recordOf } from '../records/works.ts';
import { inputOf, keptSteps, resultOf } from './kept-steps.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** Nothing is stored elsewhere and nothing is closed. */
const client = { options: { loadedDataConverter: { payloadCodecs: [] } } } as unknown as Client;
const stepsOf = (events: readonly HistoryEvent[]) => keptSteps(client, recordOf(events));
const payloads = (value: unknown) => ({ payloads: [defaultPayloadConverter.toPayload(value)] });
const id = (eventId: number) => eventId as unknown as Long;
type Long = NonNullable<HistoryEvent['eventId']>;

const asked = (eventId: number, activityId: string, spec: object = {}, step = 'airport=EWR/delay'): HistoryEvent => ({
  eventId: id(eventId),
  activityTaskScheduledEventAttributes: { activityId, input: payloads({ ref: { step, keys: {} }, spec }) },
});
const done = (scheduledEventId: number, result: unknown): HistoryEvent => ({
  activityTaskCompletedEventAttributes: { scheduledEventId: id(scheduledEventId), result: payloads(result) },
});
const failed = (scheduledEventId: number): HistoryEvent => ({
  activityTaskFailedEventAttributes: { scheduledEventId: id(scheduledEventId) },
});

it('of a job that was tried three times it keeps what the last attempt was asked for and gave', async () => {
  const { steps } = await stepsOf([
    asked(5, 'airport=EWR/delay:train#1', { hyper: { epochs: 5 } }),
    failed(5),
    asked(9, 'airport=EWR/delay:train#2', { hyper: { epochs: 5 } }),
    done(9, { result: { kind: 'model', bytes: 1 }, progress: { step: 5 } }),
    asked(12, 'shop:look#1'),
  ]);
  expect([...steps.keys()]).toEqual(['airport=EWR/delay']);
  const step = steps.get('airport=EWR/delay');
  expect(step).toMatchObject({ kind: 'train', attempt: 2, state: 'done' });
  if (step === undefined) return;
  expect((await inputOf(client, step.input)).spec).toEqual({ hyper: { epochs: 5 } });
  expect(await resultOf(client, step)).toEqual({ kind: 'model', bytes: 1 });
});

it('tells a step that runs from one that failed, and keeps a result while the step is done again', async () => {
  const { steps } = await stepsOf([
    asked(1, 'rows:extract#1'),
    asked(2, 'fit:train#1'),
    failed(2),
    asked(3, 'quality:evaluate#1'),
    done(3, { verdict: 'pass' }),
    asked(4, 'quality:evaluate#2'),
  ]);
  expect([...steps].map(([step, { state }]) => [step, state])).toEqual([
    ['rows', 'running'],
    ['fit', 'failed'],
    ['quality', 'done'],
  ]);
});

it('the path of a step whose id is too long for Temporal is read from its input', async () => {
  const { steps } = await stepsOf([asked(1, 'key=aaa…0123456789abcdef…delay:train#1', {}, 'key=aaaa/delay')]);
  expect([...steps.keys()]).toEqual(['key=aaaa/delay']);
});

it('slices of a large map are named by their executions', async () => {
  const { slices } = await stepsOf([
    { childWorkflowExecutionStartedEventAttributes: { workflowExecution: { workflowId: 'r/key/0-ab', runId: 'x' } } },
  ]);
  expect(slices).toEqual([{ workflowId: 'r/key/0-ab', runId: 'x' }]);
});

it.each([
  [
    'flight-delays-approved',
    ['flights', 'airport=EWR/delay', 'airport=JFK/delay', 'airport=LGA/delay', 'by-airport'],
    0,
  ],
  ['fan-out-children', ['before'], 4],
  ['fan-out-children.last-child', ['key=k378/work', 'key=k379/work'], 0],
])('a recorded history of a run tells its steps: %s', async (name, first, count) => {
  const { steps, slices } = await stepsOf(await recorded(name));
  expect([...steps.keys()].slice(0, first.length)).toEqual(first);
  expect(first.map((step) => steps.get(step)?.state)).toEqual(first.map(() => 'done'));
  expect(slices).toHaveLength(count);
});

async function recorded(name: string): Promise<readonly HistoryEvent[]> {
  const file = new URL(`../../../../test/histories/v0.1.0/${name}.history.json`, import.meta.url);
  return historyFromJSON(JSON.parse(await readFile(file, 'utf8'))).events ?? [];
}
