import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Evidence, RunStatus } from '@sluice/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensurePythonEnv } from '../../packages/cli/src/python-env.ts';
import { type ProjectStack, projectStack, type RunHandle } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';

const example = join(import.meta.dirname, '../../examples/tasks');

let project: ProjectStack;

beforeAll(async () => {
  const { python } = await ensurePythonEnv({ name: 'tasks', requirements: join(example, 'requirements.txt') });
  const there = await access(join(example, 'data/examples.jsonl')).then(
    () => true,
    () => false,
  );
  if (!there) await promisify(execFile)(python, ['data/fetch.py'], { cwd: example });
  project = await projectStack('tasks', example);
}, 600_000);
afterAll(() => project?.close());

it('a model of five tasks is replaced by its equal; one that lost years is blocked by name and size, until overridden', {
  timeout: 1_200_000,
}, async () => {
  const first = await asked({ seed: 0 });
  expect(first.status.gates[0]?.verdict).toBe('pass');
  await decided(first.run, 'approve', { by: 'ana' });
  // From here on a rollout is judged by what callers are answered.
  await using _callers = callers();

  const equal = await asked({ seed: 1 });
  expect(equal.status.gates[0]?.verdict).toBe('pass');
  await decided(equal.run, 'approve', { by: 'ana' });

  const damaged = await asked({ seed: 1, damage: 'entities/dates' });
  expect(damaged.status.state).toBe('blocked');
  const failed = evidenceOf(damaged.status).filter(({ verdict }) => verdict === 'fail');
  const categories = failed.flatMap(({ slice }) => slice ?? []);
  expect(categories).toEqual(['dates']);
  expect(failed.every(({ metric }) => metric === 'entities: entity_f1')).toBe(true);
  // Half of the dates have a year; of those that were right before, each is lost.
  const dates = failed.find(({ slice }) => slice === 'dates');
  expect(dates?.effect).toBeGreaterThan(-0.6);
  expect(dates?.effect).toBeLessThan(-0.35);

  await damaged.run.signal('approve', { by: 'ana' });
  await waitFor('the refused approval', async () => (await damaged.run.status()).refused.length > 0);
  await decided(damaged.run, 'override', { by: 'ana', reason: 'nobody asks for years this week' });
  const { decisions } = await damaged.run.status();
  expect(decisions).toMatchObject([{ decision: 'override', by: 'ana', reason: 'nobody asks for years this week' }]);
});

/** Somebody who asks the model that is served, until disposed of. */
function callers(): AsyncDisposable {
  const url = `${project.stack.gateway.url}/tasks/invocations`;
  const body = JSON.stringify({ dataframe_records: [{ task: 'entities', input: 'It was signed on April 30, 1803.' }] });
  const stopping = new AbortController();
  const asking = (async () => {
    while (!stopping.signal.aborted) {
      await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }).then(
        (answer) => answer.text(),
        () => {}, // the gateway says how many fail, and the rollout goes by it
      );
      await delay(40);
    }
  })();
  return {
    [Symbol.asyncDispose]: () => {
      stopping.abort();
      return asking;
    },
  };
}

/** A run, once it asks or is blocked. */
async function asked(params: object): Promise<{ run: RunHandle; status: RunStatus }> {
  const run = await project.start('tasks', { pace: 'quick', ...params });
  const status = await waitFor(
    'the question',
    async () => {
      const seen = await run.status();
      return (seen.gates.length > 0 || seen.state === 'failed') && seen;
    },
    420_000,
    500,
  );
  expect(status.state).not.toBe('failed');
  return { run, status };
}

async function decided(run: RunHandle, decision: 'approve' | 'override', argument: object): Promise<void> {
  await run.signal(decision, argument);
  const end = await waitFor(
    'the end of the deployment',
    async () => {
      const { state } = await run.status();
      return ['deployed', 'rolled-back', 'failed'].includes(state) && state;
    },
    180_000,
    200,
  );
  expect(end).toBe('deployed');
}

function evidenceOf({ gates }: RunStatus): readonly Evidence[] {
  return gates.flatMap((gate) => gate.gates.flatMap(({ evidence }) => evidence));
}
