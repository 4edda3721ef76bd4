import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '@sluice/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Asked,
  completion,
  type FakeJudge,
  fakeJudge,
  says,
} from '../../packages/activities/src/evaluate/tasks/judge/testing/fake-judge.ts';
import { type ProjectStack, projectStack } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';

const CASES = 60;
const VOTES = 3 * CASES;
const AT_ONCE = 4;
const KEY = 'sk-nobody-may-see-this';

let project: ProjectStack;
let judge: FakeJudge;

/** Prefers what is nearer to the reference; one vote in three is another's, by what was asked. */
function judged({ a, b, reference, body }: Asked): string {
  const off = (answer: string) => Math.abs(Number(answer) - Number(reference));
  if ((body.seed ?? 0) % 3 === 0) return says('tie');
  return says(off(a) < off(b) ? 'A' : 'B');
}

beforeAll(async () => {
  // Slow, so that a worker can be killed among its votes.
  judge = await fakeJudge((asked) => (response) => void setTimeout(() => response.end(completion(judged(asked))), 50));
  process.env.TEST_JUDGE_URL = judge.endpoint;
  process.env.TEST_JUDGE_KEY = KEY;
  project = await projectStack();
  const folder = join(project.root, 'eval/doubles');
  await mkdir(folder, { recursive: true });
  const metric = {
    name: 'judge',
    endpoint: 'env:TEST_JUDGE_URL',
    key: 'env:TEST_JUDGE_KEY',
    model: 'm',
    rubric: 'The nearer number is better.',
    margin: 0.2,
    concurrency: AT_ONCE,
  };
  // The version is a number: how far the model is off.
  const protocol = { kind: 'command', command: ['python', 'eval/answer.py'] };
  const suite = { version: 1, protocol, tasks: { doubles: { metrics: [metric] } } };
  await writeFile(join(folder, 'suite.json'), JSON.stringify(suite));
  await writeFile(
    join(project.root, 'eval/answer.py'),
    `import json, os, sys
off = int(json.load(open(os.path.join(os.environ["SLUICE_MODEL"], "model.json")))["version"])
for line in sys.stdin:
    one = json.loads(line)
    print(json.dumps({"id": one["id"], "answer": 2 * one["input"] + off}), flush=True)
`,
  );
  const cases = Array.from({ length: CASES }, (_, i) => ({ id: `c${i}`, input: i, expected: 2 * i }));
  await writeFile(join(folder, 'cases.jsonl'), cases.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const first = await project.start('release', { trainer: trainerOf('5'), on: 'cpu', endpoint: 'shop-1' });
  expect(await first.result()).toMatchObject({ state: 'deployed' });
});
afterAll(async () => {
  await project?.close();
  await judge?.close();
});

function trainerOf(version: string) {
  return { steps: 3, pace: 0, version };
}

async function quality(version: string, key: string): Promise<() => Promise<Report>> {
  const params = { trainer: trainerOf(version), on: 'cpu', endpoint: 'shop-1', against: 'production' };
  const run = await project.start('evidence', params, key);
  return async () => ((await run.result()) as { readonly quality: Report }).quality;
}

it('a judge’s votes outlive their worker, are asked for once, and its key is in no file', {
  timeout: 300_000,
}, async () => {
  const twin = await (await quality('1', 'twin'))();
  expect(twin).toMatchObject({ verdict: 'pass' });
  expect(twin.evidence.find(({ metric }) => metric === 'doubles: judge')).toMatchObject({
    verdict: 'pass',
    n: CASES,
    note: expect.stringContaining('judged by m in 3 votes each'),
  });
  expect(judge.asked).toHaveLength(VOTES);
  expect(judge.asked[0]?.authorization).toBe(`Bearer ${KEY}`);

  judge.asked.length = 0;
  const report = await quality('1', 'killed');
  await waitFor('a part of the votes', async () => judge.asked.length >= 40, 120_000);
  await project.stack.restart('worker cpu', 'SIGKILL');
  const found = await report();
  expect(found.evidence).toEqual(twin.evidence);
  expect(new Set(judge.asked.map(({ text }) => text)).size).toBe(VOTES);
  expect(judge.asked.length).toBeLessThanOrEqual(VOTES + AT_ONCE);

  const worse = await (await quality('9', 'worse'))();
  expect(worse.verdict).toBe('fail');
  const { status, stdout } = spawnSync('grep', ['-rlaF', KEY, project.root], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
});
