import { PassThrough } from 'node:stream';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { expect, it, vi } from 'vitest';
import { type Ask, answerLines } from './lines.ts';

async function answersTo(text: string, ask: Ask): Promise<Record<string, unknown>[]> {
  const [questions, answers] = [new PassThrough(), new PassThrough()];
  const said: Buffer[] = [];
  answers.on('data', (chunk: Buffer) => said.push(chunk));
  questions.write(text);
  const ended = answerLines(questions, answers, ask);
  await new Promise((next) => setImmediate(next));
  questions.end();
  await ended;
  return Buffer.concat(said)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

it('answers every question by its number, any characters in it', async () => {
  const echo: Ask = async (question, given) => ({ question, given });
  const lines = '{"id":1,"ask":"größe","with":{"a":"✈\\n"}}\r\n\n{"id":2,"ask":"b"}\n';
  expect(await answersTo(lines, echo)).toEqual([
    { id: 1, answer: { question: 'größe', given: { a: '✈\n' } } },
    { id: 2, answer: { question: 'b', given: {} } },
  ]);
});

it('an error is an answer with code, message and what to do; what comes after it is answered', async () => {
  const ask: Ask = async (question) => {
    if (question === 'bad') throw new SluiceError(ErrorCode.NotFound, 'There is no such run.', { fix: 'Look.' });
    return null;
  };
  const said = await answersTo('{"id":1,"ask":"bad"}\n{"id":2,"ask":"good"}\n', ask);
  expect(said.find(({ id }) => id === 1)?.error).toMatchObject({
    code: 'NotFound',
    message: 'There is no such run.',
    fix: 'Look.',
  });
  expect(said.find(({ id }) => id === 2)).toEqual({ id: 2, answer: null });
});

it.each(['rubbish', '[]', 'null', '7', '{"id":1}'])('%s is answered as no question, not with an end', async (line) => {
  const [said] = await answersTo(`${line}\n`, async () => 1);
  expect(said?.error).toMatchObject({ code: 'Usage' });
});

it('whoever asked may be gone: nothing is thrown and it ends', async () => {
  const [questions, answers] = [new PassThrough(), new PassThrough()];
  const ended = answerLines(questions, answers, async () => 'late');
  answers.destroy(new Error('EPIPE'));
  questions.write('{"id":1,"ask":"a"}\n');
  await ended;
  expect(questions.readableEnded || answers.destroyed).toBe(true);
});

it('shows that it lives while an answer takes its time, and says nothing while nothing is asked', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const [questions, answers] = [new PassThrough(), new PassThrough()];
    const said: string[] = [];
    answers.on('data', (chunk: Buffer) => said.push(...chunk.toString().trim().split('\n')));
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const asked = Promise.withResolvers<void>();
    const ended = answerLines(
      questions,
      answers,
      () => {
        asked.resolve();
        return promise;
      },
      5,
    );
    vi.advanceTimersByTime(60_000);
    questions.write('{"id":1,"ask":"fetch"}\n');
    await asked.promise;
    vi.advanceTimersByTime(14_000);
    resolve('there');
    await expect.poll(() => said.at(-1)).toBe('{"id":1,"answer":"there"}');
    vi.advanceTimersByTime(60_000);
    questions.end();
    await ended;
    expect(said).toEqual(['{"working":true}', '{"working":true}', '{"id":1,"answer":"there"}']);
  } finally {
    vi.useRealTimers();
  }
});
