import type http from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { casesOf, type JudgeStand, judgeStand, longer } from './testing/judge-stand.ts';

let stand: JudgeStand;
beforeEach(async () => {
  stand = await judgeStand();
});
afterEach(() => stand.close());

describe('a judge that is of no use', () => {
  test.each([
    [
      'does not answer',
      () => () => {},
      { timeout: 100 },
      'the judge does not answer: 5 requests in a row, the last: no whole answer',
    ],
    ['is not there', () => (response: http.ServerResponse) => response.destroy(), {}, 'connection broken'],
    [
      'is too busy',
      () => (response: http.ServerResponse) => response.writeHead(429).end('busy'),
      {},
      'status 429: busy',
    ],
    ['does not know the key', () => (response: http.ServerResponse) => response.writeHead(401).end(), {}, 'status 401'],
    ['says nonsense', () => 'As a language model, I love both.', {}, 'no vote in 30 replies in a row'],
  ])('because it %s is given up, with what it said', async (_, behave, own, message) => {
    stand.fake.behave = behave;
    const found = await stand.judged(
      casesOf(60),
      () => 'one',
      () => 'other',
      own,
    );
    expect(found.candidate.broken).toContain(message);
    expect(found.candidate.parts).toEqual(Array(60).fill(null));
    expect(stand.fake.asked.length).toBeLessThan(40);
    expect(found.facts.human).toBeNull();
    expect((await stand.record(found)).length).toBeGreaterThan(0);
  });

  test('and has no votes of use on few cases gives no number either', async () => {
    stand.fake.behave = () => '<html>';
    const found = await stand.judged(
      casesOf(2),
      () => 'one',
      () => 'other',
    );
    expect(found.candidate.broken).toContain('no case has votes enough');
  });

  test('half way leaves what it said', async () => {
    stand.fake.behave = (asked, count) => (count <= 12 ? longer(asked) : (response) => response.writeHead(500).end());
    const found = await stand.judged(
      casesOf(40),
      () => 'one',
      () => 'other',
      { retries: 0 },
    );
    expect(found.candidate.broken).toContain('status 500');
    expect((await stand.record(found)).filter(({ value }) => value === 0)).toHaveLength(12);
  });
});
