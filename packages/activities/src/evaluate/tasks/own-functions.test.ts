import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, command, type Json } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Fixture, fixture } from '../../serving/testing/fixture-context.ts';
import { extractByProgram, scoreByProgram } from './own-metric.ts';

/** Texts that break programs which read lines carelessly. */
const answers: Readonly<Record<string, Json>> = {
  a: 'please\u2028now\r\nyes',
  b: '',
  c: 'ß 😀 \ud83d',
  d: null,
};
const source = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

const languages = [
  {
    language: 'TypeScript',
    file: 'metric.ts',
    program: (path: string) => command([process.execPath, path]),
    scores: `
      import { scoreEach } from ${JSON.stringify(source('sdk/src/metric.ts'))};
      console.log('warming up');
      await scoreEach(({ answer, expected }: { answer: unknown; expected: unknown }): number => {
        if (answer === null) throw new Error('nothing to score');
        return answer === '' ? Number.NaN : String(answer).length / String(expected).length;
      });`,
    extracts: `
      import { extractEach } from ${JSON.stringify(source('sdk/src/metric.ts'))};
      await extractEach({ implementation: 'lengths', weights: 'none' }, ({ answer, expected }) => ({
        expected: [String(expected).length], answer: [(answer as string).length] }));`,
    lengths: [15, 0, 6],
  },
  {
    language: 'Python',
    file: 'metric.py',
    program: (path: string) => command(['python', path]),
    scores: `
from sluice.metric import score_each
print("warming up")
score_each(lambda case: float("nan") if case["answer"] == "" else len(case["answer"]) / len(case["expected"]))`,
    extracts: `
from sluice.metric import extract_each
extract_each({"implementation": "lengths", "weights": "none"}, lambda case: ([len(case["expected"])], [len(case["answer"])]))`,
    lengths: [15, 0, 5],
  },
];

describe.each(languages)('a function in $language', ({ file, program, scores, extracts, lengths }) => {
  let fix: Fixture;
  beforeEach(async () => {
    fix = await fixture({ trainerPath: source('trainer/src') });
  });
  afterEach(() => fix.remove());

  async function over(body: string) {
    const path = join(fix.context.root, file);
    await writeFile(path, body);
    const cases = Object.keys(answers).map((id) => ({ ...about, id }));
    return {
      context: fix.context,
      command: program(path) satisfies Command,
      cases,
      reply: async (id: string) => ({ answer: answers[id] ?? null, latencyMs: 1 }),
      signal: new AbortController().signal,
    };
  }

  test('scores every answer; one that it throws at is a case without a score, and no other', async () => {
    const found = await scoreByProgram(await over(scores));
    expect(found).toEqual({
      scores: new Map<string, unknown>([
        ['a', (lengths[0] ?? 0) / 4],
        ['b', { problem: expect.stringMatching(/the score is nan/i) }],
        ['c', (lengths[2] ?? 0) / 4],
        ['d', { problem: expect.stringMatching(/nothing to score|TypeError/) }],
      ]),
    });
  });

  test('makes features of every answer, and says what makes them', async () => {
    const found = await extractByProgram(await over(extracts));
    expect(found).toMatchObject({ extractor: '{"implementation":"lengths","weights":"none"}' });
    expect('extracted' in found && [...found.extracted.values()]).toEqual([
      ...lengths.map((length) => ({ expected: [4], answer: [length] })),
      { problem: expect.stringContaining('TypeError') },
    ]);
  });
});

const about = { task: 't', category: 'c', input: 'what?', expected: 'done', cluster: null };
