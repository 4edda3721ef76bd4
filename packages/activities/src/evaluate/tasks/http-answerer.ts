import type { Json } from '@sluice/sdk';
import type { ActivityScope } from '../../serving/activity-scope.ts';
import { type Answer, exchange, NoAnswer } from '../../serving/http-exchange.ts';
import type { SupervisedServer } from '../../serving/supervised-server.ts';
import { questionOf } from './http-body.ts';
import { type Answerer, answered, failed, MOST_ANSWER, type Reply } from './reply.ts';
import type { SuiteProtocol } from './suite-file.ts';

/** A served model that is asked over HTTP. A server that a case brings down is started again. */
export function httpAnswerer(
  server: SupervisedServer,
  protocol: Exclude<SuiteProtocol, { kind: 'command' }>,
  timeout: number,
  scope: ActivityScope,
): Answerer {
  return {
    async ask(one) {
      const { path, body, read } = questionOf(protocol, one);
      const running = await server.current();
      const started = performance.now();
      const taken = () => Math.round((performance.now() - started) * 100) / 100;
      let answer: Answer;
      try {
        answer = await exchange({
          url: `${running.url}${path}`,
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify(body),
          timeout,
          most: MOST_ANSWER,
          signal: scope.signal,
        });
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        if (error.kind === 'transport') await server.settle();
        const problem = error.kind === 'too large' ? 'answer' : error.kind;
        return failed(problem, error.message, taken());
      }
      return replyOf(answer, read, taken());
    },
    stop: () => server.stop(),
  };
}

/** What an answer over HTTP says. */
export function replyOf(
  { status, body }: Pick<Answer, 'status' | 'body'>,
  read: (parsed: unknown) => { readonly answer: Json } | string,
  latencyMs: number,
): Reply {
  if (status !== 200) return failed('status', `status ${status}: ${start(body)}`, latencyMs);
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return failed('answer', body.length === 0 ? 'the answer is empty' : `not JSON: ${start(body)}`, latencyMs);
  }
  const found = read(parsed);
  return typeof found === 'string' ? failed('answer', found, latencyMs) : answered(found.answer, latencyMs);
}

function start(body: Buffer): string {
  return body.toString('utf8', 0, 200).replaceAll(/\s+/g, ' ');
}
