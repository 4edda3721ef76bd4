import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ErrorCode, type SluiceError } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkSuiteFiles } from '../check-suite-files.ts';
import { loadSuiteFolder } from './load-suite-folder.ts';
import { tasksOf } from './suite-metrics.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-suite-'));
  await mkdir(join(root, 'eval', 'tasks'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const settings = {
  version: 1,
  protocol: { kind: 'invocations' },
  tasks: { titles: { metrics: [{ name: 'exact_match', margin: 0.05 }] } },
};
const one = { id: 'a', task: 'titles', category: 'news', input: 'Zürich', expected: '東京' };

async function write(suite: unknown, ...files: (readonly (object | string)[])[]): Promise<void> {
  const folder = join(root, 'eval', 'tasks');
  await writeFile(join(folder, 'suite.json'), typeof suite === 'string' ? suite : JSON.stringify(suite));
  for (const [i, lines] of files.entries()) {
    const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
    await writeFile(join(folder, `cases-${i}.jsonl`), text);
  }
}

const load = () => loadSuiteFolder(root, 'eval/tasks', 'evaluate tasks');

async function problems(): Promise<readonly string[]> {
  const error = await checkSuiteFiles(root, 'eval/tasks', 'tasks').then(
    () => null,
    (caught: SluiceError) => caught,
  );
  expect(error?.code).toBe(ErrorCode.InvalidStep);
  return error?.data as readonly string[];
}

describe('the digest of a suite folder', () => {
  test('knows what is asked, not how the files are written', async () => {
    await write(settings, [one, { ...one, id: 'b' }]);
    const { digest, cases } = await load();
    expect(cases.map(({ id }) => id)).toEqual(['a', 'b']);
    const { id, ...rest } = one;
    await write(
      JSON.stringify(settings, null, 4),
      ['', { ...rest, id: 'b' }, '  '],
      [`\uFEFF${JSON.stringify({ ...rest, id })}\r`],
    );
    expect((await load()).digest).toBe(digest);
  });

  test('takes a line separator of Unicode for a part of its text', async () => {
    await write(settings, [
      { ...one, expected: 'one\u2028two\u0085three' },
      { ...one, id: 'b' },
    ]);
    expect((await load()).cases.map(({ expected }) => expected)).toEqual(['one\u2028two\u0085three', '東京']);
  });

  test('reads a case of many megabytes in seconds, and the cases around it', async () => {
    const long = { ...one, id: 'long', input: `東京\u2028${'x'.repeat(64_000_000)}` };
    await write(settings, [one, long, { ...one, id: 'z' }]);
    const { cases } = await load();
    expect(cases.map(({ id }) => id)).toEqual(['a', 'long', 'z']);
    expect(cases[1]?.input).toBe(long.input);
  }, 40_000);

  test.each([
    ['an expected answer', settings, { ...one, expected: '京都' }],
    ['an input', settings, { ...one, input: 'Zurich' }],
    ['a category', settings, { ...one, category: 'sport' }],
    ['a margin', { ...settings, tasks: { titles: { metrics: [{ name: 'exact_match', margin: 0.06 }] } } }, one],
  ])('changes with %s', async (_, suite, line) => {
    await write(settings, [one]);
    const { digest } = await load();
    await write(suite, [line]);
    expect((await load()).digest).not.toBe(digest);
  });
});

test('a script of a metric or protocol that is not there is told before a model is trained', async () => {
  const metrics = [
    { name: 'near', command: ['node', 'eval/neer.ts'], better: 'higher', margin: 1 },
    { name: 'kid', extract: ['python', 'eval/features.py'], margin: 1 },
  ];
  await write(
    { ...settings, protocol: { kind: 'command', command: ['./answer', '--fast'] }, tasks: { titles: { metrics } } },
    [one],
  );
  await expect(checkSuiteFiles(root, 'eval/tasks', 'tasks')).rejects.toMatchObject({
    code: ErrorCode.InvalidStep,
    message: expect.stringMatching(
      /protocol: there is no \.\/answer.*metrics\.0: there is no eval\/neer\.ts.*metrics\.1: there is no eval\/features\.py/s,
    ),
  });
});

test.each(['accuracy', 'f1', 'log_loss', 'roc_auc', 'average_precision'])(
  'classes may be whole numbers, for %s too',
  async (name) => {
    await write({ ...settings, tasks: { titles: { metrics: [{ name, margin: 0.1 }] } } }, [
      ...[0, 1, 2].map((expected) => ({ ...one, id: expected, expected })),
    ]);
    await expect(checkSuiteFiles(root, 'eval/tasks', 'tasks')).resolves.toBeUndefined();
  },
);

test('a large suite is looked through with turns for whatever else the worker does', async () => {
  const metrics = ['chrf', 'bleu', 'rougeL'].map((name) => ({ name, margin: 0.1 }));
  const text = Array.from({ length: 2_000 }, (_, i) => `word${i % 70}`).join(' ');
  await write({ ...settings, tasks: { titles: { metrics } } }, [
    ...Array.from({ length: 100 }, (_, i) => ({ ...one, id: i, expected: `${text} ${i}` })),
  ]);
  const folder = await load();
  let turned = 0;
  const timer = setInterval(() => {
    turned += 1;
  }, 0);
  await tasksOf(folder);
  clearInterval(timer);
  expect(turned).toBeGreaterThan(0);
});

describe('a suite folder that cannot work says what and where', () => {
  test('suite.json that is no JSON', async () => {
    await write('{"version": 1,', [one]);
    expect(await problems()).toEqual([expect.stringContaining('suite.json: not JSON')]);
  });

  test.each([
    ['a field that there is not', { ...settings, timeuot: 3 }, 'timeuot'],
    ['another version', { ...settings, version: 2 }, 'version'],
    ['no task', { ...settings, tasks: {} }, 'there is no task'],
    ['a protocol that there is not', { ...settings, protocol: { kind: 'grpc' } }, 'protocol'],
    ['a time-out of nothing', { ...settings, timeout: '0 seconds' }, 'timeout: expected a duration over 0'],
    [
      'a time-out that no timer counts',
      { ...settings, timeout: '30 days' },
      'timeout: expected a duration over 0 and up to',
    ],
    ['no concurrency', { ...settings, concurrency: 0 }, 'concurrency'],
  ])('%s', async (_, suite, message) => {
    await write(suite, [one]);
    expect((await problems()).join('\n')).toContain(message);
  });

  test.each([
    ['a metric that there is not', { name: 'exactmatch', margin: 0.1 }, 'Did you mean "exact_match"?'],
    ['an option that there is not', { name: 'exact_match', margin: 0.1, options: { ignorecase: true } }, 'ignorecase'],
    ['a margin of nothing', { name: 'exact_match', margin: 0 }, 'margin'],
    ['a margin that every answer keeps', { name: 'rouge1', margin: 2 }, '0.margin: 2 is as wide as all there is'],
    ['a margin of that kind for a category', { name: 'rouge1', margins: { news: 1 } }, '0.margins.news: 1 is as wide'],
    [
      'a bound in the wrong unit',
      { name: 'rouge1', least: 25 },
      'least: 25 is out of reach; the metric lies between 0 and 1',
    ],
    ['a bound below all there is', { name: 'latency', most: -1 }, 'most: -1 is out of reach'],
    [
      'a bound beyond its own range',
      { name: 'mine', command: ['./score'], better: 'higher', range: [0, 5], least: 7 },
      'least: 7 is out of reach',
    ],
    ['nothing to judge by', { name: 'exact_match' }, 'nothing would be judged'],
    ['bounds that no value can keep', { name: 'exact_match', least: 0.9, most: 0.1 }, 'least: it is above most'],
    ['a worst case within the margin', { name: 'mae', margin: 2, worst: 1 }, 'worst: it must be over every margin'],
    ['a margin of a category that no case has', { name: 'exact_match', margins: { sprot: 0.1 } }, 'sprot: no case'],
    ['a command that does not say what is better', { name: 'mine', margin: 1, command: ['./score'] }, 'better'],
    ['a direction for a metric that knows its own', { name: 'mae', margin: 1, better: 'lower' }, 'only for a metric'],
  ])('a metric with %s', async (_, metric, message) => {
    await write({ ...settings, tasks: { titles: { metrics: [metric] } } }, [one]);
    expect((await problems()).join('\n')).toContain(message);
  });

  const judge = { name: 'judge', endpoint: 'http://127.0.0.1:8000/v1', model: 'm', rubric: 'Right.', margin: 0.1 };
  test.each([
    ['an even number of votes', { k: 4 }, 'metrics.0.k: expected an odd number from 3 to 15'],
    ['one vote', { k: 1 }, 'metrics.0.k: expected an odd number from 3 to 15'],
    ['no rubric', { rubric: ' ' }, 'metrics.0.rubric: say what makes an answer the better one'],
    ['no model', { model: undefined }, 'metrics.0.model: expected string, and there is nothing'],
    ['no address', { endpoint: 'localhost:8000' }, 'metrics.0.endpoint: localhost: is neither http: nor https:'],
    ['a password in its address', { endpoint: 'http://me:pw@host/v1' }, 'metrics.0.endpoint: no password belongs'],
    ['a variable without a name', { endpoint: 'env:' }, 'metrics.0.endpoint: env: is followed by'],
    ['a time-out of nothing', { timeout: 0 }, 'metrics.0.timeout: expected a duration over 0'],
    [
      'messages of its own',
      { parameters: { messages: [] } },
      'metrics.0.parameters.messages: the judge sets it itself',
    ],
    ['a field that there is not', { rubrik: 'x' }, 'rubrik'],
    ['a bound, which only comparing cannot keep', { least: 0.5 }, 'least'],
  ])('a judge with %s', async (_, fields, message) => {
    await write({ ...settings, tasks: { titles: { metrics: [{ ...judge, ...fields }] } } }, [one]);
    expect((await problems()).join('\n')).toContain(message);
  });

  test('a judge with its key written out, which is not shown', async () => {
    await write({ ...settings, tasks: { titles: { metrics: [{ ...judge, key: 'sk-secret', k: 2 }] } } }, [one]);
    const told = (await problems()).join('\n');
    expect(told).toContain('metrics.0.key: write env:NAME');
    expect(told).toContain('metrics.0.k: expected an odd number'); // all at once
    expect(told).not.toContain('sk-secret');
  });

  test.each([
    ['without a preference', { answers: ['a', 'b'] }, 'cases-0.jsonl:1: human.prefers'],
    ['of another word', { answers: ['a', 'b'], prefers: 'a' }, 'cases-0.jsonl:1: human.prefers'],
    ['of one answer', { answers: ['a'], prefers: 'first' }, 'cases-0.jsonl:1: human.answers'],
    ['of the same answer twice', { answers: ['a', 'a'], prefers: 'neither' }, 'human.answers: both are the same'],
    [
      'of another judge',
      { answers: ['a', 'b'], prefers: 'first', judge: 'x' },
      'the case a: human.judge: there is no "x"',
    ],
  ])('a human label %s', async (_, human, message) => {
    await write({ ...settings, tasks: { titles: { metrics: [judge] } } }, [{ ...one, human }]);
    expect((await problems()).join('\n')).toContain(message);
  });

  test('a human label without a judge, or for one of two', async () => {
    const human = { answers: ['a', 'b'], prefers: 'first' };
    await write(settings, [{ ...one, human }]);
    expect(await problems()).toEqual(['the case a: human: no metric of its task is a judge']);
    const two = [judge, { ...judge, as: 'politeness' }];
    await write({ ...settings, tasks: { titles: { metrics: two } } }, [{ ...one, human }]);
    expect(await problems()).toEqual(['the case a: human: it has to say which judge: judge, politeness']);
  });

  test('one metric twice without a name of its own', async () => {
    const metrics = [
      { name: 'exact_match', margin: 0.1 },
      { name: 'exact_match', options: { strip: true } },
    ];
    await write({ ...settings, tasks: { titles: { metrics } } }, [one]);
    expect((await problems()).join('\n')).toContain('two metrics are called "exact_match"');
  });

  test.each([
    ['a line torn in the middle', '{"id": "b", "task": "titles", "inp', 'cases-0.jsonl:2: it is no JSON'],
    ['a number that JSON has not', '{"id": "b", "input": NaN, "expected": 1}', 'cases-0.jsonl:2: it is no JSON'],
    ['a list for a case', '[1]', 'cases-0.jsonl:2: expected object, received array'],
    [
      'lists in lists without end',
      `{"id": "b", "input": ${'['.repeat(50_000)}${']'.repeat(50_000)}, "expected": 1}`,
      'cases-0.jsonl:2: it is nested deeper than 100 levels',
    ],
    ['an id that stands elsewhere', { ...one, input: 'x' }, 'cases-0.jsonl:2: the id "a" stands at cases-0.jsonl:1'],
    ['no expected value', { id: 'b', task: 'titles', input: 'x' }, 'expected: there is nothing'],
    ['no input', { id: 'b', task: 'titles', expected: 'x' }, 'input'],
    ['no id', { task: 'titles', input: 'x', expected: 'x' }, 'id'],
    ['a field that there is not', { ...one, id: 'b', catgory: 'x' }, 'catgory'],
    ['a task that there is not', { ...one, id: 'b', task: 'title' }, 'there is no "title" in suite.json'],
    ['an expected value that no metric can score', { ...one, id: 'b', expected: null }, 'the case b of titles'],
  ])('a case with %s', async (_, line, message) => {
    await write(settings, [one, line]);
    const told = (await problems()).join('\n');
    expect(told).toContain(message);
    expect(told).not.toContain('suite.json:2');
  });

  test('no cases, and a task without any', async () => {
    await write(settings);
    expect((await problems()).join('\n')).toContain('there are no cases');
    await write({ ...settings, tasks: { ...settings.tasks, other: settings.tasks.titles } }, [one]);
    expect((await problems()).join('\n')).toContain('tasks.other: it has no cases');
  });

  test('a category for every case', async () => {
    const own = Array.from({ length: 1001 }, (_, i) => ({ ...one, id: i, category: `case ${i}` }));
    await write(settings, own);
    expect((await problems()).join('\n')).toContain('tasks.titles: its cases have 1001 categories');
    await write(settings, own.slice(1));
    await expect(load()).resolves.toMatchObject({ path: 'eval/tasks' });
  });

  test('tells at most twenty problems of a million', async () => {
    await write(settings, ['{}'.repeat(1), ...Array.from({ length: 1000 }, () => '{"id": 1.5}')]);
    expect(await problems()).toHaveLength(20);
  });

  test('and a file of the same name, of which one is meant', async () => {
    await write(settings, [one]);
    await writeFile(join(root, 'eval', 'tasks.json'), '{"cases": "x.csv", "label": "y"}');
    await expect(checkSuiteFiles(root, 'eval/tasks', 'tasks')).rejects.toThrow(
      'both the folder eval/tasks and the file',
    );
  });
});
