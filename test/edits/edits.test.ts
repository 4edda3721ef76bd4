import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CodeMismatchError } from '../../packages/cli/src/errors.ts';
import { type RetryOptions, retryRun } from '../../packages/cli/src/run/retry-run.ts';
import { waitFor } from '../harness/wait-for.ts';
import { codeOf } from './code.ts';
import { lookAt } from './look.ts';
import { kinds, type Program, pathsOf, type Work } from './program.ts';
import { type Stand, startStand } from './stand.ts';

const step = (name: string): Work => ({ kind: 'step', name });
const sleeping = { kind: 'timer' } as const;
const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const several = (mapped: readonly string[], ...body: Work[]) =>
  ({ kind: 'map', name: 'key', keys: mapped, concurrency: 8, body }) as const;
const right = (program: Program) => Object.fromEntries(pathsOf(program).map((path) => [path, path]));

let stand: Stand;
beforeAll(async () => {
  stand = await startStand(inject('temporal').address);
});
afterAll(() => stand.close());

/** One change of a run that waits, and what it has to stop at. */
interface Change {
  readonly what: string;
  readonly before: Program;
  readonly after: Program;
  /** The step that is under way; the run sleeps where there is none. */
  readonly held?: string;
  readonly stopsAt: RegExp;
}

const [zero, one, two] = [step('zero'), step('one'), step('two')];
const evaluation = (name: string): Work => ({ kind: 'evaluate', name });

const changes: readonly Change[] = [
  ...kinds.map((kind): Change => {
    const [a, b] = [{ kind, name: 'one' } as const, { kind, name: 'two' } as const];
    const stopsAt = /'one:\w+#1'.*'two:\w+#1'/;
    return { what: `${kind} steps change places`, before: [a, b, sleeping], after: [b, a, sleeping], stopsAt };
  }),
  {
    what: 'an evaluation that had passed is renamed',
    before: [evaluation('quality'), sleeping, two],
    after: [evaluation('holdout'), sleeping, two],
    stopsAt: /'quality:evaluate#1'.*'holdout:evaluate#1'/,
  },
  {
    what: 'a step is inserted before one that was done',
    before: [one, two, sleeping],
    after: [zero, one, two, sleeping],
    stopsAt: /'one:step#1'.*'zero:step#1'/,
  },
  {
    what: 'a step that was done is removed',
    before: [one, two, sleeping],
    after: [two, sleeping],
    stopsAt: /'one:step#1'.*'two:step#1'/,
  },
  {
    what: 'a key comes before the others of a map',
    before: [several(['a', 'b'], step('work')), sleeping],
    after: [several(['new', 'a', 'b'], step('work')), sleeping],
    stopsAt: /'key=a\/work:step#1'.*'key=new\/work:step#1'/,
  },
  {
    what: 'a key comes before the others of a map whose keys run in children',
    before: [several(keys, step('work')), two],
    after: [several(['new', ...keys], step('work')), two],
    held: 'key=h/work',
    stopsAt: /\/key\/0-[0-9a-f]{16}'.*\/key\/0-[0-9a-f]{16}'|key: a part of a large map could not find its keys/,
  },
  {
    what: 'a step before a map in children is renamed, which the children come to as well',
    before: [one, several(keys, step('work'))],
    after: [step('uno'), several(keys, step('work'))],
    held: 'key=h/work',
    stopsAt: /one|uno/,
  },
];

describe('a run whose code changes while it waits', () => {
  const stops = new Map<string, string | null>();
  const results = new Map<string, unknown>();

  /** All at once: an engine that fails a task tries again after ten seconds, whatever the change is. */
  beforeAll(async () => {
    const named = (version: 'before' | 'after') =>
      Object.fromEntries(changes.map((change, i) => [`change-${i}`, change[version]]));
    const all = <Value>(play: (change: Change, workflowId: string) => Promise<Value>) =>
      Promise.all(changes.map((change, i) => play(change, stand.idOf(`change-${i}`))));
    await stand.serve(named('before'));
    await all(async ({ held, what }, workflowId) => {
      if (held !== undefined) stand.hold(workflowId, held);
      const run = await stand.start(workflowId.split('/')[0] as string);
      await waitFor(`the run to wait in which ${what}`, async () =>
        held === undefined ? run.query<boolean>('waits') : stand.begun(workflowId),
      );
    });
    await stand.serve(named('after'));
    await all(async ({ what }, workflowId) => {
      await stand.letGo(workflowId);
      const { stopped } = await waitFor(`the run to stop in which ${what}`, async () => {
        const look = await lookAt(stand.client, workflowId);
        return look.stopped === null && look.status === 'RUNNING' ? null : look;
      });
      stops.set(what, stopped);
    });
    await stand.serve(named('before'));
    await all(async ({ what }, workflowId) => {
      results.set(what, await stand.client.workflow.getHandle(workflowId).result());
    });
  });

  it.each(changes)('stops at the difference, and goes on once the right code is back: $what', (change) => {
    const stopped = stops.get(change.what);
    expect(stopped).toMatch(/nondeterminism/i);
    expect(stopped).toMatch(change.stopsAt);
    expect(results.get(change.what)).toEqual(right(change.before));
  });
});

describe('a retry with code that was changed before the step', () => {
  const retry = (workflowId: string, from: string, program: Program, more: Partial<RetryOptions> = {}) =>
    retryRun({
      client: stand.client,
      target: stand.target,
      workflowId,
      from,
      root: tmpdir(),
      workflowBundle: () => codeOf({ [workflowId.split('/')[0] as string]: program }),
      by: 'ana',
      ...more,
    });
  const done = async (name: string, program: Program) => {
    await stand.serve({ [name]: program });
    const run = await stand.start(name);
    await run.result();
    return run;
  };

  it.each([false, true])('is refused with both steps named, and nothing is reset (dry run: %s)', async (dryRun) => {
    const run = await done(`retried-${dryRun}`, [one, two]);
    const error = await retry(run.workflowId, 'two', [zero, one, two], { dryRun }).catch((failed: unknown) => failed);
    expect(error).toBeInstanceOf(CodeMismatchError);
    const { code, message, fix } = error as CodeMismatchError;
    expect(code).toBe('CodeMismatch');
    expect(message).toContain('the history has one:step#1 where the code asks for zero:step#1');
    expect(fix).toContain('Retry from one');
    expect((await lookAt(stand.client, run.workflowId)).runId).toBe(run.firstExecutionRunId);
  });

  it('from the step that it suggests goes on with the changed code', async () => {
    const program = [zero, one, two];
    const run = await done('retried-earlier', [one, two]);
    await stand.serve({ 'retried-earlier': program });
    const { runId } = await retry(run.workflowId, 'one', program);
    expect(runId).not.toBeNull();
    expect(await stand.client.workflow.getHandle(run.workflowId).result()).toEqual(right(program));
  });
});
