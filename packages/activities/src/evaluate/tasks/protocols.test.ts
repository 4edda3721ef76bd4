import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Command, command, ErrorCode } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SupervisedServer } from '../../serving/supervised-server.ts';
import { type Fixture, fixture } from '../../serving/testing/fixture-context.ts';
import { openAnswerLog } from './answer-log.ts';
import { askAll } from './ask-all.ts';
import { httpAnswerer } from './http-answerer.ts';
import { extractByProgram, scoreByProgram } from './own-metric.ts';
import { programAnswerer } from './program-answerer.ts';
import { type Answerer, isAnswer, type Reply } from './reply.ts';
import type { SuiteCase } from './suite-cases.ts';
import { type SuiteProtocol, suiteFile } from './suite-file.ts';

const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
const scope = { signal: new AbortController().signal, heartbeat: () => {} };

function one(id: string, input: SuiteCase['input'] = 'what?'): SuiteCase {
  return { id, task: 't', category: 'c', input, expected: null, cluster: null };
}

function protocolOf(protocol: object): Exclude<SuiteProtocol, { kind: 'command' }> {
  const tasks = { t: { metrics: [{ name: 'latency', most: 1 }] } };
  const parsed = suiteFile.parse({ version: 1, protocol, tasks }).protocol;
  if (parsed.kind === 'command') throw new Error('no HTTP');
  return parsed;
}

describe('a served model', () => {
  let server: http.Server;
  let seen: { path: string | undefined; body: unknown }[];
  let answer: (response: http.ServerResponse) => void;
  beforeEach(async () => {
    seen = [];
    server = http.createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        seen.push({ path: request.url, body: JSON.parse(Buffer.concat(parts).toString()) });
        answer(response);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  function answererOf(protocol: object, timeout = 20_000): Answerer {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const supervised = { current: async () => ({ url }), settle: async () => {}, stop: async () => {}, restarts: 0 };
    return httpAnswerer(supervised as unknown as SupervisedServer, protocolOf(protocol), timeout, scope);
  }
  const says =
    (text: string | Buffer, status = 200) =>
    (response: http.ServerResponse) =>
      response.writeHead(status).end(text);
  const json = (value: unknown) => says(JSON.stringify(value));

  test.each([
    [{ x: 1 }, { dataframe_records: [{ x: 1 }] }],
    ['Zürich', { inputs: ['Zürich'] }],
    [[1, 2], { inputs: [[1, 2]] }],
  ])('is asked %j by MLflow’s scoring protocol', async (input, body) => {
    answer = json({ predictions: [{ 0: 'late' }] });
    expect(await answererOf({ kind: 'invocations' }).ask(one('a', input))).toMatchObject({ answer: 'late' });
    expect(seen).toEqual([{ path: '/invocations', body }]);
  });

  test('is asked by chat: a text, a conversation, or a request of its own', async () => {
    answer = json({ choices: [{ message: { content: 'An answer.' } }] });
    const chat = answererOf({ kind: 'chat', model: 'm', system: 'Be brief.', parameters: { temperature: 0 } });
    const user = (content: string) => ({ role: 'user', content });
    const system = { role: 'system', content: 'Be brief.' };
    expect(await chat.ask(one('a', 'Why?'))).toMatchObject({ answer: 'An answer.', latencyMs: expect.any(Number) });
    await chat.ask(one('b', [user('Who?'), user('When?')]));
    await chat.ask(one('c', { messages: [user('Where?')], temperature: 1, stop: ['.'] }));
    const base = { model: 'm', temperature: 0 };
    expect(seen.map(({ path }) => path)).toEqual(Array(3).fill('/v1/chat/completions'));
    expect(seen.map(({ body }) => body)).toEqual([
      { ...base, messages: [system, user('Why?')] },
      { ...base, messages: [system, user('Who?'), user('When?')] },
      { ...base, messages: [system, user('Where?')], temperature: 1, stop: ['.'] },
    ]);
  });

  test('is asked for embeddings', async () => {
    answer = json({ data: [{ embedding: [0.5, -1] }] });
    expect(await answererOf({ kind: 'embeddings' }).ask(one('a', 'text'))).toMatchObject({ answer: [0.5, -1] });
    expect(seen).toEqual([{ path: '/v1/embeddings', body: { model: 'model', input: 'text' } }]);
  });

  test.each<[string, (response: http.ServerResponse) => void, string, RegExp]>([
    ['a page of HTML', says('<!doctype html>\n<p>502 Bad Gateway</p>'), 'answer', /not JSON: <!doctype html> <p>502/],
    ['nothing', says(''), 'answer', /the answer is empty/],
    ['NaN', says('{"predictions": [NaN]}'), 'answer', /not JSON/],
    ['JSON of another kind', json({ result: 3 }), 'answer', /no list `predictions`/],
    ['JSON that is null', json(null), 'answer', /no list `predictions`/],
    ['two predictions', json({ predictions: [1, 2] }), 'answer', /2 predictions for one case/],
    ['lists in lists without end', says(`{"predictions": [${deep}]}`), 'answer', /nested deeper than 100 levels/],
    ['50 megabytes', says(Buffer.alloc(50 * 1024 * 1024, 'x')), 'answer', /too large: over 4 MiB/],
    ['a refusal', says('{"error": "no such column"}', 400), 'status', /status 400: .*no such column/],
    ['a broken connection', (response) => response.socket?.destroy(), 'transport', /broken|hang up/],
  ])('that answers %s has failed that case, and says how', async (_, how, problem, message) => {
    answer = how;
    const reply = await answererOf({ kind: 'invocations' }).ask(one('a'));
    expect(reply).toMatchObject({ problem, error: expect.stringMatching(message) });
  });

  test('that never answers has missed its deadline', async () => {
    answer = () => {};
    expect(await answererOf({ kind: 'invocations' }, 50).ask(one('a'))).toMatchObject({ problem: 'deadline' });
  });
});

describe('asking', () => {
  let fix: Fixture;
  beforeEach(async () => {
    fix = await fixture();
  });
  afterEach(() => fix.remove());

  async function ask(cases: readonly SuiteCase[], answers: (id: string) => Reply | Promise<Reply>, retries = 2) {
    const log = await openAnswerLog({ found: [], own: `${fix.context.root}/log` });
    const asked: string[] = [];
    let [now, most] = [0, 0];
    const answerer: Answerer = {
      async ask({ id }) {
        asked.push(id);
        now += 1;
        most = Math.max(most, now);
        await new Promise(setImmediate);
        const reply = await answers(id);
        now -= 1;
        return reply;
      },
      stop: async () => {},
    };
    const passing = await askAll(cases, answerer, log, { concurrency: 4, retries, scope, who: 'candidate' });
    return { log, passing, asked, most: () => most };
  }
  const cases = Array.from({ length: 20 }, (_, i) => one(`c${i}`));
  const fine: Reply = { answer: 1, latencyMs: 1 };
  const broken: Reply = { error: 'connection broken', problem: 'transport', latencyMs: null };

  test('keeps to its concurrency', async () => {
    const { most, log } = await ask(cases, () => fine);
    expect(most()).toBe(4);
    expect(log.size).toBe(20);
    await log.close();
  });

  test('tries again what found no connection, and nothing else', async () => {
    const tried = new Map<string, number>();
    const { asked, log, passing } = await ask(cases, (id) => {
      tried.set(id, (tried.get(id) ?? 0) + 1);
      if (id === 'c3') return { error: 'status 503', problem: 'status', latencyMs: 1 };
      if (id === 'c5') return broken;
      return id === 'c7' && tried.get(id) === 1 ? broken : fine;
    });
    expect(asked).toHaveLength(20 + 2 + 1);
    expect(await log.get('c7')).toEqual(fine);
    expect(await log.get('c3')).toMatchObject({ problem: 'status' });
    // What found no connection is not kept: whoever goes on asks it again.
    expect([...passing.keys()]).toEqual(['c5']);
    expect(log.has('c5')).toBe(false);
    await log.close();
  });

  test('gives up a model that hangs, in the time of a few deadlines', async () => {
    const { asked, passing, log } = await ask(cases, () => ({ error: 'late', problem: 'deadline', latencyMs: 1 }));
    expect(asked.length).toBeLessThanOrEqual(8);
    expect(passing.size + log.size).toBe(20);
    expect([...passing.values()].every((reply) => !isAnswer(reply) && reply.error.startsWith('given up'))).toBe(true);
    await log.close();
  });

  test('gives up a server that refuses every connection, in the time of some restarts', async () => {
    const many = Array.from({ length: 2_000 }, (_, i) => one(`c${i}`));
    const { asked, passing, log } = await ask(many, () => broken);
    expect(asked.length).toBeLessThanOrEqual(30 * 4 + 4 + 30);
    expect(passing.size).toBe(2_000);
    await log.close();
  });

  test('goes on with the other tasks where one hangs, or is refused', async () => {
    const late: Reply = { error: 'late', problem: 'deadline', latencyMs: 1 };
    const all = ['a', 'b', 'c'].flatMap((task) =>
      Array.from({ length: 200 }, (_, i) => ({ ...one(`${task}${i}`), task })),
    );
    const { log } = await ask(all, (id) => (id.startsWith('a') ? late : id.startsWith('b') ? broken : fine));
    expect(all.filter(({ id, task }) => task === 'c' && log.has(id))).toHaveLength(200);
    await log.close();
  });
});

describe('a program', () => {
  let fix: Fixture;
  beforeEach(async () => {
    fix = await fixture();
  });
  afterEach(() => fix.remove());

  /** Reads cases line by line; `body` says what is done with `one`, `say` writes a line. */
  function script(body: string): Command {
    const code = `
      const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
      let first = true;
      require('readline').createInterface({ input: process.stdin }).on('line', (line) => { const one = JSON.parse(line); ${body} });`;
    return command([process.execPath, '-e', code]);
  }

  async function asking(body: string, cases: readonly SuiteCase[], timeout = 20_000): Promise<Reply[]> {
    const model = await fix.model({ add: 41 });
    const answerer = await programAnswerer({ context: fix.context, model, command: script(body), timeout, scope });
    const replies: Reply[] = [];
    try {
      for (const found of await Promise.all(cases.map((asked) => answerer.ask(asked)))) replies.push(found);
    } finally {
      await answerer.stop();
    }
    return replies;
  }

  test('answers cases line by line, in any order, with the model that it is told', async () => {
    const body = `
      const add = JSON.parse(require('fs').readFileSync(process.env.SLUICE_MODEL + '/model.json', 'utf8')).add;
      console.log('loading…');
      setTimeout(() => say({ id: one.id, answer: one.input + add }), one.input === 1 ? 40 : 0);`;
    const replies = await asking(body, [one('a', 1), one('b', 2), one('ü\n', 3)]);
    expect(replies).toMatchObject([{ answer: 42 }, { answer: 43 }, { answer: 44 }]);
  });

  test('fails the cases it says it cannot answer, answers too long, or does not answer', async () => {
    const body = `
      if (one.id === 'a') say({ id: 'a', error: 'no such language' });
      if (one.id === 'b') say({ id: 'b', answer: 'x'.repeat(5e6) });
      if (one.id === 'c') say({ id: 'c' });
      if (one.id === 'e') say({ id: 'e', answer: null });
      if (one.id === 'f') console.log('{"id": "f", "answer": ' + '['.repeat(5e4) + ']'.repeat(5e4) + '}');`;
    const replies = await asking(
      body,
      ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => one(id)),
      3_000,
    );
    expect(replies).toMatchObject([
      { problem: 'answer', error: 'no such language' },
      { problem: 'answer', error: expect.stringContaining('larger than') },
      { problem: 'answer', error: expect.stringContaining('neither answer nor error') },
      { problem: 'deadline' },
      { answer: null },
      { problem: 'answer', error: expect.stringContaining('nested deeper') },
    ]);
  });

  test('that a case brings down is started again, and only that case has failed', async () => {
    const log = await openAnswerLog({ found: [], own: `${fix.context.root}/log` });
    const cases = Array.from({ length: 12 }, (_, i) => one(`c${i}`));
    const answering = script(
      `if (one.id === 'c5') process.exit(3); setTimeout(() => say({ id: one.id, answer: 1 }), 5);`,
    );
    const model = await fix.model({});
    const answerer = await programAnswerer({ context: fix.context, model, command: answering, timeout: 20_000, scope });
    const passing = await askAll(cases, answerer, log, { concurrency: 4, retries: 2, scope, who: 'candidate' });
    await answerer.stop();
    expect(log.size).toBe(11);
    expect(passing.get('c5')).toMatchObject({ problem: 'transport', error: 'the program ended (exit code 3)' });
    await log.close();
  });

  test('that ends again and again without an answer is an error with its last words', async () => {
    const log = await openAnswerLog({ found: [], own: `${fix.context.root}/log` });
    const failing = script(`console.error('no module named torch'); process.exit(1);`);
    const model = await fix.model({});
    const answerer = await programAnswerer({ context: fix.context, model, command: failing, timeout: 20_000, scope });
    const options = { concurrency: 1, retries: 1, scope, who: 'candidate' };
    await expect(askAll([one('a'), one('b'), one('c'), one('d')], answerer, log, options)).rejects.toMatchObject({
      code: ErrorCode.ServerNotReady,
      message: expect.stringContaining('no module named torch'),
    });
    await answerer.stop();
    await log.close();
  });

  describe('that is a metric', () => {
    const cases = ['a', 'b', 'c', 'd'].map((id) => ({ ...one(id), expected: 'yes' }));
    const answers = async (id: string): Promise<Reply> =>
      id === 'd' ? { error: 'status 500', problem: 'status', latencyMs: 1 } : { answer: `yes ${id}`, latencyMs: 1 };
    const scoring = (body: string, silence?: number) =>
      scoreByProgram({
        context: fix.context,
        command: script(body),
        cases,
        reply: answers,
        signal: scope.signal,
        ...(silence === undefined ? {} : { silence }),
      });

    test('is given every answer and says their scores', async () => {
      const found = await scoring(`
        console.log('warming up');
        say({ id: one.id, score: one.answer === one.expected + ' a' ? 1 : 0.25 });`);
      expect(found).toEqual({
        scores: new Map([
          ['a', 1],
          ['b', 0.25],
          ['c', 0.25],
        ]),
      });
    });

    test('may say that it cannot score an answer; what is no number is none', async () => {
      const found = await scoring(`
        if (one.id === 'a') say({ id: 'a', problem: 'not in English' });
        if (one.id === 'b') console.log('{"id": "b", "score": NaN}');
        if (one.id === 'c') say({ id: 'c', score: '1' });
        say({ id: 'zzz', score: 1 });`);
      expect(found).toEqual({
        scores: new Map([
          ['a', { problem: 'not in English' }],
          ['c', { problem: 'the score is no number' }],
        ]),
      });
    });

    test('that throws is told with its last words', async () => {
      const found = await scoring(
        `if (one.id === 'b') throw new Error('unknown label'); say({ id: one.id, score: 1 });`,
      );
      expect(found).toEqual({ broken: expect.stringMatching(/exit code 1.*unknown label/) });
    });

    test('may make of each case what another metric compares, and says what it is', async () => {
      const extracting = script(`
        if (first) say({ extractor: { implementation: 'lengths', weights: 'none' } });
        first = false;
        say({ id: one.id, expected: [one.expected.length], answer: [one.answer.length] });`);
      const options = { context: fix.context, cases, reply: answers, signal: scope.signal };
      const found = await extractByProgram({ ...options, command: extracting });
      expect(found).toMatchObject({ extractor: '{"implementation":"lengths","weights":"none"}' });
      const vectors = { expected: [3], answer: [5] };
      expect('extracted' in found && [...found.extracted]).toEqual([
        ['a', vectors],
        ['b', vectors],
        ['c', vectors],
      ]);
    });

    test('is fed as fast as it reads, without a listener for each line', async () => {
      const warnings: Error[] = [];
      const hear = (warning: Error) => warnings.push(warning);
      process.on('warning', hear);
      const many = Array.from({ length: 40 }, (_, i) => ({ ...one(`m${i}`), expected: 'x'.repeat(200_000) }));
      const found = await scoreByProgram({
        context: fix.context,
        command: script('say({ id: one.id, score: 1 });'),
        cases: many,
        reply: async () => ({ answer: 'x', latencyMs: 1 }),
        signal: scope.signal,
      });
      await new Promise(setImmediate);
      process.off('warning', hear);
      expect('scores' in found && found.scores.size).toBe(40);
      expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
    });

    test('that never ends is given up', async () => {
      expect(await scoring('setInterval(() => {}, 1000);', 500)).toEqual({
        broken: 'the program was silent for 0.5 s',
      });
    });

    test('that does not read and ends has scored nothing', async () => {
      const silent = command([process.execPath, '-e', '']);
      const found = await scoreByProgram({
        context: fix.context,
        command: silent,
        cases,
        reply: answers,
        signal: scope.signal,
      });
      expect(found).toEqual({ scores: new Map() });
    });
  });
});
