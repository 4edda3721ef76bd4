import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { workflowCode } from '../harness/workflow-code.ts';
import { folder, type HistoryFile, readHistories, textOf } from './history-file.ts';
import { scenarios } from './scenarios.ts';

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
});

const histories = await readHistories();

/** Replays histories by the workflow code of `entry`; the error of each, or null. */
async function replayed(entry: string, files: readonly HistoryFile[]): Promise<Map<string, Error | null>> {
  const workflowBundle = await workflowCode(join(folder, entry));
  const errors = new Map<string, Error | null>();
  // One after another by name: two releases have histories of one workflow id.
  for (const { name, workflowId, events } of files) {
    for await (const { error } of Worker.runReplayHistories({ workflowBundle }, [
      { workflowId, history: { events } },
    ])) {
      errors.set(name, error ?? null);
    }
  }
  return errors;
}

/** Of a run that was given a parameter nobody knows, before such were refused. */
const oddlyNamed = histories
  .filter(({ name }) => name.endsWith('/gated-approved'))
  .map((file) => ({ ...withParams(file, { verdickt: 'fail' }), name: `${file.name} with an unknown parameter` }));
const all = [...histories, ...oddlyNamed];

describe('the workflow code of today goes on with runs of', () => {
  let errors: Map<string, Error | null>;
  beforeAll(async () => {
    errors = await replayed('entry.ts', all);
  });

  it.each(all.map(({ name }) => name))('%s', (name) => {
    const error = errors.get(name);
    const what = `${name}: runs that were started before this change would stop. ${error?.name}: ${error?.message}`;
    const now = 'What now: docs/pipelines.md, "Changing a pipeline": guard the change by patched(…), or record anew.';
    expect(error, `${what}\n${now}`).toBeNull();
  });
});

/** The history as it would be of a run that was started with these parameters. */
function withParams(file: HistoryFile, params: object): HistoryFile {
  const [started, ...events] = structuredClone(file.events);
  if (started === undefined) throw new Error(`${file.name} is empty`);
  const { input } = started.workflowExecutionStartedEventAttributes as { input: { payloads: { data: string }[] } };
  const [payload] = input.payloads;
  if (payload === undefined) throw new Error(`${file.name} has no parameters`);
  payload.data = Buffer.from(JSON.stringify(params)).toString('base64');
  return { ...file, events: [started, ...events] };
}

describe('the histories', () => {
  it('are of every scenario', () => {
    const kept = new Set(histories.map(({ name }) => name.replace(/^v[^/]*\//, '').replace(/\..*$/, '')));
    expect([...kept].sort()).toEqual(scenarios.map(({ name }) => name).sort());
  });

  it('say nothing of the machine that recorded them', () => {
    for (const { name, events } of histories) {
      expect(
        textOf(events).match(/file:\/\/\S*|\/(?:home|root|work|Users|tmp)\/\S*|"identity":"(?!sluice")[^"]*/g),
        name,
      ).toBeNull();
    }
  });

  it('have no timer where a run waits for nobody', () => {
    const quiet = histories.filter(({ name }) => /nested|plain-error|duplicate-step|wrong-parameters/.test(name));
    expect(quiet.length).toBeGreaterThanOrEqual(4);
    for (const { name, events } of quiet) {
      expect(
        events.map(({ eventType }) => eventType),
        name,
      ).not.toContain('EVENT_TYPE_TIMER_STARTED');
    }
  });
});

describe('this check', () => {
  it('would see a change that breaks runs under way', async () => {
    const files = histories.filter(({ name }) => name.endsWith('/nested'));
    const errors = [...(await replayed('fixtures/changed.ts', files)).values()];
    expect(errors.map((error) => error?.name)).toEqual(files.map(() => 'DeterminismViolationError'));
  });

  it('would see that a change guarded by patched leaves runs under way as they are', async () => {
    const files = histories.filter(({ name }) => /\/fan-out-/.test(name));
    expect(files.length).toBeGreaterThanOrEqual(3);
    const errors = [...(await replayed('fixtures/patched.ts', files)).values()];
    expect(errors).toEqual(files.map(() => null));
  });
});
