import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CodeMismatchError } from '../../packages/cli/src/errors.ts';
import { type RetryOptions, retryRun } from '../../packages/cli/src/run/retry-run.ts';
import { waitFor } from '../harness/wait-for.ts';
import '../harness/workflow-kit.ts';
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

/** Changes the code of a run that sleeps, wakes it, and waits for what it stops at. Then the right code is back. */
async function changed(name: string, before: Program, after: Program, held?: string): Promise<string> {
  await stand.serve({ [name]: before });
  const run = await stand.start(name);
  if (held !== undefined) stand.hold(run.workflowId, held);
  await waitFor('the run to wait', async () =>
    held === undefined
      ? (await run.fetchHistory()).events?.some((event) => event.timerStartedEventAttributes)
      : stand.begun(run.workflowId),
  );
  await stand.serve({ [name]: after });
  await stand.letGo(run.workflowId);
  const { stopped } = await waitFor('the run to stop', async () => {
    const look = await lookAt(stand.client, run.workflowId);
    return look.stopped === null && look.status === 'RUNNING' ? null : look;
  });
  await stand.serve({ [name]: before });
  expect(await run.result()).toEqual(right(before));
  return stopped ?? 'nothing stopped it';
}

describe('a run whose code changes while it sleeps stops at the difference, and goes on with the code of before', () => {
  it.each(kinds)('when two steps of the kind %s change places', async (kind) => {
    const [one, two] = [{ kind, name: 'one' } as const, { kind, name: 'two' } as const];
    const stopped = await changed(`swapped-${kind}`, [one, two, sleeping], [two, one, sleeping]);
    expect(stopped).toContain('Nondeterminism');
    expect(stopped).toMatch(/'one(#1|:register#1)'.*'two(#1|:register#1)'/);
  });

  it('when an evaluation that had passed is renamed', async () => {
    const [before, after] = ['quality', 'holdout'].map((name) => ({ kind: 'evaluate', name }) as const) as [Work, Work];
    const stopped = await changed('renamed', [before, sleeping, step('next')], [after, sleeping, step('next')]);
    expect(stopped).toMatch(/'quality#1'.*'holdout#1'/);
  });

  it('when a step is inserted before it, or removed', async () => {
    const [zero, one, two] = [step('zero'), step('one'), step('two')];
    expect(await changed('inserted', [one, two, sleeping], [zero, one, two, sleeping])).toMatch(/'one#1'.*'zero#1'/);
    expect(await changed('removed', [one, two, sleeping], [two, sleeping])).toMatch(/'one#1'.*'two#1'/);
  });

  it('when a key comes before the others of a map', async () => {
    const [before, after] = [
      ['a', 'b'],
      ['new', 'a', 'b'],
    ].map((of) => [several(of, step('work')), sleeping]);
    expect(await changed('new-key', before as Program, after as Program)).toMatch(/'key=a\/work#1'.*'key=new\/work#1'/);
  });

  it('when a key comes before the others of a map whose keys run in children', async () => {
    const [before, after] = [keys, ['new', ...keys]].map((of) => [several(of, step('work')), step('next')]);
    const stopped = await changed('new-key-in-children', before as Program, after as Program, 'key=h/work');
    expect(stopped).toMatch(/\/key\/0-[0-9a-f]{16}'.*\/key\/0-[0-9a-f]{16}'/);
  });

  it('when a step before a map in children is renamed, which the children meet too', async () => {
    const [before, after] = ['one', 'uno'].map((name) => [step(name), several(keys, step('work'))]);
    expect(await changed('renamed-before', before as Program, after as Program, 'key=h/work')).toMatch(/one/);
  });
});

describe('a retry with code that was changed before the step', () => {
  const [zero, one, two] = [step('zero'), step('one'), step('two')];
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
    expect(message).toContain('the history has one#1 where the code asks for zero#1');
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
