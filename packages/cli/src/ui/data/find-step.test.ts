import { encodeKey } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import { expect, test } from 'vitest';
import { findStep } from './find-step.ts';

/** A run of a map over six keys, three parts of two, and who was asked. */
function mapped() {
  const slices = [
    { from: 0, keys: ['a', 'b'] },
    { from: 2, keys: ['c/d', 'Łódź 7'] },
    { from: 4, keys: ['e', 'e2'] },
  ];
  const asked: string[] = [];
  const stepsOf: Record<string, readonly string[]> = { 'many/1': ['first', 'key'] };
  const parts = slices.map(({ from, keys }) => {
    const id = `many/1/key/${from}-0123456789abcdef`;
    stepsOf[id] = keys.map((key) => `key=${encodeKey(key)}/work`);
    return { id, input: [{}, { mapPath: 'key', keys }, {}] };
  });
  const client = {
    options: { namespace: 'default', loadedDataConverter: { payloadCodecs: [] } },
    workflowService: {
      listWorkflowExecutions: async () => ({
        executions: parts.map(({ id }) => ({ execution: { workflowId: id, runId: `run of ${id}` }, status: 2 })),
      }),
      getWorkflowExecutionHistory: async ({ execution }: { execution: { workflowId: string } }) => {
        const { input = [] } = parts.find(({ id }) => id === execution.workflowId) ?? {};
        const payloads = toPayloads(defaultPayloadConverter, ...input);
        return { history: { events: [{ workflowExecutionStartedEventAttributes: { input: { payloads } } }] } };
      },
    },
    workflow: {
      getHandle: (id: string) => ({
        query: async (_: string, { step: wanted }: { step: string }) => {
          asked.push(id);
          return { steps: (stepsOf[id] ?? []).filter((step) => step === wanted).map((step) => ({ step })) };
        },
      }),
    },
  } as unknown as Client;
  return { client, asked, parts };
}

const run = { workflowId: 'many/1', runId: 'r' };

test.each([
  ['key=b/work', 0],
  ['key=c%2Fd/work', 1],
  ['key=Łódź%207/work', 1],
  ['key=e2/work', 2],
])('the step %s is asked of the one part that has its key', async (step, part) => {
  const { client, asked, parts } = mapped();
  const { status, owner } = await findStep(client, run, step);
  expect(status).toEqual({ step });
  expect(owner.workflowId).toBe(parts[part]?.id);
  expect(asked).toEqual(['many/1', parts[part]?.id]);
});

test('no part is asked for a step of the run itself, nor for a key that nobody has', async () => {
  const { client, asked } = mapped();
  expect((await findStep(client, run, 'first')).owner).toBe(run);
  expect(await findStep(client, run, 'key=nobody/work')).toEqual({ status: null, owner: run });
  expect(asked).toEqual(['many/1', 'many/1']);
});
