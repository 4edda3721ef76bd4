import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Model, Report, SluiceActivities } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Fixture, fixture } from '../../serving/testing/fixture-context.ts';
import { evaluateActivity } from '../evaluate.ts';
import type { ShownAnswer, SuiteReport } from '../suite-report.ts';
import { openAnswerLog } from './answer-log.ts';

type Input = Parameters<SluiceActivities['evaluate']>[0];

let fix: Fixture;
beforeEach(async () => {
  fix = await fixture();
});
afterEach(() => fix.remove());

const N = 90;

async function suite(): Promise<void> {
  const folder = join(fix.context.root, 'eval', 'tasks');
  await mkdir(folder, { recursive: true });
  const metrics = [{ name: 'mae', margin: 0.5, worst: 5 }, { name: 'rmse' }];
  const settings = { version: 1, protocol: { kind: 'invocations' }, tasks: { delays: { metrics } }, concurrency: 4 };
  await writeFile(join(folder, 'suite.json'), JSON.stringify(settings));
  const cases = Array.from({ length: N }, (_, i) =>
    JSON.stringify({ id: `c${i}`, category: `k${i % 3}`, input: { key: `c${i}`, x: i }, expected: i + 1 }),
  );
  await writeFile(join(folder, 'cases.jsonl'), cases.join('\n'));
}

function inputOf(model: Model, against: Model, workflowId: string): Input {
  const ref = { workflowId, pipeline: 'p', step: 'tasks', name: 'tasks', keys: {} };
  const placement = { endpoint: 'demo', seed: 0, on: null, temporal: null };
  return {
    ref,
    spec: { kind: 'evaluate', name: 'tasks', model, suite: 'eval/tasks', against, ...placement },
    parentRunId: null,
  };
}

/** What a report says, but for how long answers took. */
async function said({ report }: Report): Promise<unknown> {
  const { candidateAnswers: _, worstCases, ...rest } = (await fix.report(report)) as SuiteReport;
  const timeless = (answer: ShownAnswer | null) => (answer === null ? null : { ...answer, latencyMs: null });
  return {
    ...rest,
    worstCases: worstCases.map((one) => ({
      ...one,
      candidate: timeless(one.candidate),
      baseline: timeless(one.baseline),
    })),
  };
}

async function lines(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
}

/** Lines of answers that are kept, of all models. */
async function kept(): Promise<string[]> {
  const all = join(fix.context.stateDir, 'evaluations');
  const names = await readdir(all, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.includes('~'));
  return (await Promise.all(files.map((name) => lines(join(all, name))))).flat();
}

describe('an evaluation whose worker is killed half way', () => {
  // in the candidate's part, and in the baseline's
  test.each([40, N + 40])(
    'goes on after %i answers: no case is asked twice, and the report is that of an undisturbed one',
    async (after) => {
      await suite();
      const asked = join(fix.context.root, 'asked');
      const model = await fix.model({ add: 1.3, delay: 40, asked: `${asked}.new` });
      const old = await fix.model({ add: 1.1, delay: 40, asked: `${asked}.old` });
      const script = fileURLToPath(new URL('./testing/evaluate-and-wait.ts', import.meta.url));
      const input = inputOf(model, old, 'killed/1');
      const worker = spawn(process.execPath, [script, fix.context.root, JSON.stringify(input)], { stdio: 'inherit' });
      const gone = once(worker, 'exit');
      await vi.waitFor(async () => expect((await kept()).length).toBeGreaterThanOrEqual(after), {
        timeout: 60_000,
        interval: 5,
      });
      worker.kill('SIGKILL');
      await gone;
      const before = (await kept()).length;
      expect(before).toBeLessThan(2 * N);

      const report = await evaluateActivity(fix.context)(input);
      const [fresh, former] = [await lines(`${asked}.new`), await lines(`${asked}.old`)];
      expect(new Set(fresh).size).toBe(N);
      expect(new Set(former).size).toBe(N);
      // Only what was under way when it was killed may have been asked without its answer being kept.
      expect(fresh.length + former.length - 2 * N).toBeLessThanOrEqual(4);
      const twin = await evaluateActivity(fix.context)(inputOf(model, old, 'undisturbed/1'));
      expect(await said(report)).toEqual(await said(twin));
      expect(report.verdict).toBe(twin.verdict);
      expect(await kept()).toEqual([]);
    },
  );
});

describe('kept answers', () => {
  /** A log as an attempt opens it: it writes the file of its name, and finds those of the attempts before it. */
  const opened = (own: string, ...before: readonly string[]) => {
    const path = (name: string) => join(fix.context.root, name);
    return openAnswerLog({ found: before.map((name) => ({ path: path(name), bytes: Infinity })), own: path(own) });
  };
  const answer = (value: number) => ({ answer: value, latencyMs: 1 });

  test('come back as they were, Unicode and line breaks included', async () => {
    const log = await opened('a');
    await log.add('ü', { answer: 'a\nb\u2028\ud83d\ude00"', latencyMs: null });
    await log.add('none', { error: 'status 500: no', problem: 'status', latencyMs: 3 });
    await log.close();
    const again = await opened('b', 'a');
    expect(again.size).toBe(2);
    expect(await again.get('ü')).toEqual({ answer: 'a\nb\u2028\ud83d\ude00"', latencyMs: null });
    expect(await again.get('none')).toEqual({ error: 'status 500: no', problem: 'status', latencyMs: 3 });
    expect(await again.get('other')).toBeNull();
    await again.close();
  });

  test('lose a line that was torn, and nothing else', async () => {
    const whole = [
      '{"id":"a","answer":1,"latencyMs":1}',
      '\0\0\0\0',
      '{"id":"b","answer":2,"latencyMs":1}',
      '[1]',
    ].join('\n');
    await writeFile(join(fix.context.root, 'a'), `${whole}\n{"id":"c","answ`);
    const log = await opened('b', 'a');
    expect([log.has('a'), log.has('b'), log.has('c')]).toEqual([true, true, false]);
    await log.add('c', answer(3));
    expect(await log.get('c')).toEqual(answer(3));
    await log.close();
  });

  test('count once where two wrote them: the first counts', async () => {
    const [one, other] = [await opened('a'), await opened('b')];
    await one.add('a', answer(1));
    await one.add('a', answer(7));
    await other.add('a', answer(5));
    await other.add('b', answer(2));
    await Promise.all([one.close(), other.close()]);
    const log = await opened('c', 'a', 'b');
    expect(log.size).toBe(2);
    expect([await log.get('a'), await log.get('b')]).toEqual([answer(1), answer(2)]);
    await log.close();
  });

  test('of several megabytes are read across chunks', async () => {
    const log = await opened('a');
    for (const id of ['a', 'b', 'c']) await log.add(id, { answer: id.repeat(1_500_000), latencyMs: null });
    await log.close();
    const again = await opened('b', 'a');
    expect(await again.get('b')).toEqual({ answer: 'b'.repeat(1_500_000), latencyMs: null });
    expect(again.size).toBe(3);
    await again.close();
  });
});
