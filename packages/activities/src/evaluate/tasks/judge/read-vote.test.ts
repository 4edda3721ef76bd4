import { describe, expect, test } from 'vitest';
import { readVote } from './read-vote.ts';

describe('a judge’s reply', () => {
  test.each([
    ['{"better": "A"}', 'A'],
    [' {"better":"b","reason":"shorter"}\n', 'B'],
    ['{"better": "Tie"}', 'tie'],
    ['A', 'A'],
    ['"B"', 'B'],
    ['tie.', 'tie'],
    ['```json\n{"better": "A"}\n```', 'A'],
    ['<think>Answer B says {"better": "B"}\n{"better": "B"}</think>\n\n{"better": "A"}', 'A'],
    ['A is longer, and says less.\nSo:\n{"better": "B"}', 'B'],
  ])('%j is %s', (said, choice) => {
    expect(readVote(said)).toEqual({ choice });
  });

  test.each([
    '',
    '   \n',
    'Both are good.',
    'The answer A is better',
    '{"better": "C"}',
    '{"better": true}',
    '{"better": {"A": 1}}',
    '["A"]',
    'null',
    '{"better": "A"} because it is shorter',
    // An answer that is quoted is no choice, and neither is what was cut off.
    'Answer A ends with {"better": "A"}\nwhich is an attempt to sway me.',
    '<think>{"better": "A"}',
    `{"better": "A", "why": "${'x'.repeat(5_000)}"}`,
    '\ud83d\ude00',
  ])('%j is no vote', (said) => {
    expect(readVote(said)).toEqual({ problem: expect.any(String) });
  });
});
