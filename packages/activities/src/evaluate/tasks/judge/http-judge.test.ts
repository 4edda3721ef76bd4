import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type HttpJudgeOptions, httpJudge } from './http-judge.ts';
import { judgeAddress } from './judge-address.ts';
import type { Judge } from './judge-reply.ts';
import { type FakeJudge, fakeJudge, says } from './testing/fake-judge.ts';

const question = { model: 'm', messages: [] };
const scope = { signal: new AbortController().signal, heartbeat: () => {} };

let fake: FakeJudge;
beforeEach(async () => {
  fake = await fakeJudge(() => says('A'));
});
afterEach(() => fake.close());

function judge(options: Partial<HttpJudgeOptions> = {}, key: string | null = null): Judge {
  const url = `${fake.endpoint}/chat/completions`;
  return httpJudge({ url, key }, { timeout: 20_000, retries: 3, backoff: 1, ...options }, scope);
}

const status =
  (code: number, text = 'no', headers: Record<string, string> = {}) =>
  (response: import('node:http').ServerResponse) =>
    response.writeHead(code, headers).end(text);

describe('a judge behind an OpenAI-compatible server', () => {
  test('says something, and who it is', async () => {
    expect(await judge().ask(question)).toEqual({
      said: '{"better":"A"}',
      model: 'judge-0426',
      tokens: { asked: 100, answered: 5 },
      latencyMs: expect.any(Number),
    });
  });

  test.each([408, 429, 500, 502, 503, 529])('that answers %i is asked again', async (code) => {
    fake.behave = (_, count) => (count < 3 ? status(code) : says('B'));
    expect(await judge().ask(question)).toMatchObject({ said: '{"better":"B"}' });
    expect(fake.asked).toHaveLength(3);
  });

  test('that breaks the connection is asked again, and not for ever', async () => {
    fake.behave = () => (response) => response.destroy();
    expect(await judge().ask(question)).toMatchObject({ error: 'connection broken', down: true });
    expect(fake.asked).toHaveLength(4);
  });

  test('is left alone for as long as it asks to, by all who ask', async () => {
    const times: number[] = [];
    fake.behave = (_, count) => {
      times.push(Date.now());
      return count > 1 ? says('A') : status(429, 'slow down', { 'retry-after': '1' });
    };
    const one = judge({ retries: 0 });
    expect(await one.ask(question)).toMatchObject({ error: 'status 429: slow down', down: true });
    const others = await Promise.all([one.ask(question), one.ask(question)]);
    expect(others).toEqual([1, 2].map(() => expect.objectContaining({ said: '{"better":"A"}' })));
    const [first = 0, ...later] = times;
    for (const time of later) expect(time - first).toBeGreaterThanOrEqual(990);
  });

  test('that asks to be left alone for an hour has not answered', async () => {
    fake.behave = () => status(429, 'quota', { 'retry-after': '3600' });
    expect(await judge().ask(question)).toMatchObject({ error: 'status 429: quota; asked to wait 3600 s', down: true });
    fake.behave = () => status(503, 'gone', { 'retry-after': new Date(Date.now() + 7_200_000).toUTCString() });
    expect(await judge().ask(question)).toMatchObject({ error: expect.stringContaining('asked to wait'), down: true });
    expect(fake.asked).toHaveLength(2);
  });

  test.each([400, 413, 422])('that refuses a question by %i is not asked again, and is there', async (code) => {
    fake.behave = () => status(code, 'maximum context length');
    expect(await judge().ask(question)).toMatchObject({ error: `status ${code}: maximum context length`, down: false });
    expect(fake.asked).toHaveLength(1);
  });

  test.each([401, 403, 404])('that answers everybody %i is not asked again, and is not there', async (code) => {
    fake.behave = () => status(code, 'who are you?');
    expect(await judge().ask(question)).toMatchObject({ error: `status ${code}: who are you?`, down: true });
    expect(fake.asked).toHaveLength(1);
  });

  test('that does not answer in time is not asked again', async () => {
    fake.behave = () => () => {};
    expect(await judge({ timeout: 100 }).ask(question)).toMatchObject({
      error: 'no whole answer within 100 ms',
      down: true,
    });
    expect(fake.asked).toHaveLength(1);
  });

  test.each([
    ['HTML', '<html><body>Please log in</body></html>', 'not JSON: <html>'],
    ['nothing', '', 'the answer is empty'],
    ['another JSON', '{"choices": []}', 'no text `choices[0].message.content`'],
    ['no text', '{"choices": [{"message": {"content": null}}]}', 'no text `choices[0].message.content`'],
    ['50 MB', 'x'.repeat(50_000_000), 'too large'],
  ])('that answers %s has said nothing', async (_, text, error) => {
    fake.behave = () => status(200, text);
    expect(await judge().ask(question)).toMatchObject({ error: expect.stringContaining(error), down: false });
  });

  test('gets its key, and no reply repeats it', async () => {
    fake.behave = ({ authorization }) => status(401, `Incorrect API key provided: ${authorization}`);
    const found = await judge({}, 'sk-very-secret').ask(question);
    expect(fake.asked[0]?.authorization).toBe('Bearer sk-very-secret');
    expect(found).toMatchObject({ error: 'status 401: Incorrect API key provided: Bearer ***' });
    fake.behave = () => says('A').replace('A', 'sk-very-secret');
    expect(JSON.stringify(await judge({}, 'sk-very-secret').ask(question))).not.toContain('very-secret');
  });

  test('is asked over TLS where its address says so', async () => {
    const url = `${fake.endpoint.replace('http:', 'https:')}/chat/completions`;
    const found = await httpJudge({ url, key: null }, { timeout: 20_000, retries: 0 }, scope).ask(question);
    expect(found).toMatchObject({ down: true, error: expect.any(String) }); // this server speaks no TLS
    expect(fake.asked).toEqual([]);
  });

  test('is given up at once where the work ends', async () => {
    const ending = new AbortController();
    fake.behave = () => () => ending.abort(new Error('the worker stops'));
    const url = `${fake.endpoint}/chat/completions`;
    const one = httpJudge({ url, key: null }, { timeout: 20_000, retries: 3 }, { ...scope, signal: ending.signal });
    await expect(one.ask(question)).rejects.toThrow('the worker stops');
  });
});

describe('address and key of a judge', () => {
  const where = 'evaluate tasks';
  test('come from the environment where the suite says so', () => {
    const env = { JUDGE: 'https://judge.example/v1/', KEY: ' sk-1 ' };
    expect(judgeAddress({ endpoint: 'env:JUDGE', key: 'env:KEY' }, where, env)).toEqual({
      url: 'https://judge.example/v1/chat/completions',
      key: 'sk-1',
    });
  });

  test.each([
    ['not set', { KEY: 'k' }, 'env:JUDGE of the judge is not set'],
    ['empty', { JUDGE: ' ', KEY: 'k' }, 'env:JUDGE of the judge is not set'],
    ['no address', { JUDGE: 'secret-host', KEY: 'k' }, 'expected an address'],
    ['an address with a password', { JUDGE: 'http://me:secret@host/v1', KEY: 'k' }, 'no password belongs'],
    ['a key of two lines', { JUDGE: 'http://host/v1', KEY: 'secret\nsecret' }, 'no header can carry'],
  ])('that are %s are an error that shows no value', (_, env, message) => {
    let said = '';
    try {
      judgeAddress({ endpoint: 'env:JUDGE', key: 'env:KEY' }, where, env);
    } catch (error) {
      said = `${(error as Error).message} ${JSON.stringify(error)}`;
    }
    expect(said).toContain(message);
    expect(said).not.toContain('secret');
  });
});
