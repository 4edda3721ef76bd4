import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { nextPage, PART, type Part, PartsSpent, partsOf, placeOf, startOfSlice } from './parts.ts';

test('pages go through the run’s own steps and then through those of its parts, one after the other', () => {
  expect(placeOf(299)).toEqual({ part: null, after: 299 });
  expect(nextPage(300, null, 2)).toBe(300);
  expect(nextPage(null, null, 2)).toBe(PART);
  expect(placeOf(PART)).toEqual({ part: 0, after: 0 });
  expect(nextPage(150, 0, 2)).toBe(PART + 150);
  expect(placeOf(PART + 150)).toEqual({ part: 0, after: 150 });
  expect(nextPage(null, 0, 2)).toBe(2 * PART);
  expect(nextPage(null, 1, 2)).toBeNull();
  expect(nextPage(null, null, 0)).toBeNull();
});

test.each([
  ['life/1/airport/200-0123456789abcdef', 200],
  ['life/1/a long name…0123456789abcdef…0-0123456789abcdef', 0],
  ['life/1/child-of-somebody', null],
  ['life/1/7-0123', null],
])('the child %s begins at key %s', (id, from) => {
  expect(startOfSlice(id)).toBe(from);
});

test('what parts have spent is added up as they tell it, those that still run aside', async () => {
  const part = (runId: string, endedAt: number | null) => ({ runId, endedAt }) as Part;
  const parts = [part('a', 1), part('b', 2), part('c', null)];
  const spent = { class: 'cpu', price: null, seconds: 5, secondsLost: 0 };
  const told = new PartsSpent();
  expect(told.of(parts)).toEqual({ spent: [], unknown: 3 });
  const asked: string[] = [];
  const ask = async ({ runId }: Part) => {
    asked.push(runId);
    return [spent];
  };
  told.askBeside(parts, ask);
  told.askBeside(parts, ask);
  await expect.poll(() => told.of(parts)).toEqual({ spent: [spent, spent], unknown: 1 });
  expect(asked).toEqual(['a', 'b']);
});

/** A client whose server lists these executions, the newest first. */
function listing(executions: readonly { id: string; run: string; status: number; parent?: string }[] | Error) {
  const asked: string[] = [];
  const client = {
    options: { namespace: 'default', loadedDataConverter: { payloadCodecs: [] } },
    workflowService: {
      listWorkflowExecutions: async ({ query }: { query: string }) => {
        asked.push(query);
        if (executions instanceof Error) throw executions;
        return {
          executions: executions.map(({ id, run, status, parent }) => ({
            execution: { workflowId: id, runId: run },
            ...(parent === undefined ? {} : { parentExecution: { workflowId: parent } }),
            status,
          })),
        };
      },
    },
  } as unknown as Client;
  return { client, asked };
}

const COMPLETED = 2;
const TERMINATED = 5;

test('parts come in the order of their keys; one that was begun again counts once, and strangers do not', async () => {
  const slice = (from: number) => `it's/1/airport/${from}-0123456789abcdef`;
  const { client, asked } = listing([
    { id: slice(200), run: 'new', status: COMPLETED },
    { id: "it's/1/mine", run: 'x', status: COMPLETED },
    { id: slice(200), run: 'old', status: COMPLETED },
    { id: slice(400), run: 'gone', status: TERMINATED },
    { id: slice(0), run: 'first', status: COMPLETED },
  ]);
  expect((await partsOf(client, "it's/1")).map(({ from, runId }) => [from, runId])).toEqual([
    [0, 'first'],
    [200, 'new'],
  ]);
  expect(asked).toEqual(["ParentWorkflowId = 'it''s/1'"]);
});

test.each(['a\\b', 'a"b', 'a?', 'a\u0001'])(
  'parts of a run whose id a server would misread are told from others: %j',
  async (key) => {
    const part = (parent: string) => ({ id: `${parent}/0-0123456789abcdef`, run: parent, status: COMPLETED, parent });
    const { client, asked } = listing([part('life/another'), part(`life/${key}`), part('life/a')]);
    expect((await partsOf(client, `life/${key}`)).map(({ runId }) => runId)).toEqual([`life/${key}`]);
    expect(asked).toEqual(["ParentWorkflowId STARTS_WITH 'life/a'"]);
  },
);

test('a server that does not know whose child a workflow is has no parts to tell; one that is away is told', async () => {
  const old = listing(Object.assign(new Error('invalid search attribute: ParentWorkflowId'), { code: 3 }));
  expect(await partsOf(old.client, 'life/1')).toEqual([]);
  const away = listing(Object.assign(new Error('unavailable'), { code: 14 }));
  await expect(partsOf(away.client, 'life/1')).rejects.toThrow('unavailable');
});
