import { type ActivityScope, pause } from '../../../serving/activity-scope.ts';
import { type Answer, exchange, NoAnswer } from '../../../serving/http-exchange.ts';
import { MOST_ANSWER } from '../reply.ts';
import type { JudgeAddress } from './judge-address.ts';
import { type Judge, type JudgeReply, readCompletion, startOf } from './judge-reply.ts';

export interface HttpJudgeOptions {
  /** Of one request, milliseconds. */
  readonly timeout: number;
  /** Further tries of one that found no connection, or a server that is busy or broken. */
  readonly retries: number;
  /** Before the second try, milliseconds; it doubles from try to try. @default 1,000 */
  readonly backoff?: number;
}

/** Most milliseconds between two tries of which the server says nothing. */
const LONGEST_BACKOFF = 30_000;
/** Most milliseconds that a server may ask to be left alone; one that asks for more has not answered. */
const LONGEST_PAUSE = 60_000;

/** What came, and whether it may come out otherwise if it is asked again. */
interface Try {
  readonly reply: JudgeReply;
  readonly again: boolean;
  /** Milliseconds that the server asks to be left alone. */
  readonly rest: number | null;
}

/**
 * An LLM behind an OpenAI-compatible `/chat/completions`. When it asks to be left alone (`Retry-After`), all requests wait,
 * not only the one that it said so to.
 */
export function httpJudge(address: JudgeAddress, options: HttpJudgeOptions, scope: ActivityScope): Judge {
  const { timeout, retries, backoff = 1_000 } = options;
  let restUntil = 0;
  const once = async (question: string): Promise<Try> => {
    const started = performance.now();
    const taken = () => Math.round(performance.now() - started);
    const down = (error: string, again: boolean, rest: number | null = null): Try => ({
      reply: { error, down: true, latencyMs: taken() },
      again,
      rest,
    });
    let answer: Answer;
    try {
      answer = await exchange({
        url: address.url,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          ...(address.key === null ? {} : { authorization: `Bearer ${address.key}` }),
        },
        body: question,
        timeout,
        most: MOST_ANSWER,
        signal: scope.signal,
      });
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (error.kind === 'too large') {
        return { reply: { error: error.message, down: false, latencyMs: taken() }, again: false, rest: null };
      }
      return down(error.message, error.kind === 'transport');
    }
    // A server may repeat the key that it does not know.
    const body = without(address.key, answer.body.toString('utf8'));
    if (answer.status === 200) {
      const found = readCompletion(body);
      const reply = typeof found === 'string' ? { error: found, down: false } : found;
      return { reply: { ...reply, latencyMs: taken() }, again: false, rest: null };
    }
    const said = startOf(body);
    const error = `status ${answer.status}${said === '' ? '' : `: ${said}`}`;
    if ([408, 425, 429].includes(answer.status) || answer.status >= 500) return down(error, true, retryAfter(answer));
    if ([401, 402, 403, 404, 405].includes(answer.status)) return down(error, false);
    return { reply: { error, down: false, latencyMs: taken() }, again: false, rest: null };
  };
  return {
    async ask(question) {
      const text = JSON.stringify(question);
      for (let tried = 0; ; tried += 1) {
        for (let rest = restUntil - Date.now(); rest > 0; rest = restUntil - Date.now()) await pause(scope, rest);
        const { reply, again, rest } = await once(text);
        if (rest !== null && rest > LONGEST_PAUSE) return askedToWait(reply, rest);
        if (rest !== null) restUntil = Math.max(restUntil, Date.now() + rest);
        if (!again || tried >= retries) return reply;
        await pause(scope, Math.min(backoff * 2 ** tried, LONGEST_BACKOFF));
      }
    },
  };
}

function askedToWait(reply: JudgeReply, rest: number): JudgeReply {
  return 'error' in reply ? { ...reply, error: `${reply.error}; asked to wait ${Math.round(rest / 1000)} s` } : reply;
}

/** Seconds or a date; null for none, or one that is neither. */
function retryAfter({ headers }: Answer): number | null {
  const said = headers['retry-after']?.trim();
  if (said === undefined || said === '') return null;
  const seconds = Number(said);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(said) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : null;
}

function without(key: string | null, text: string): string {
  return key === null ? text : text.replaceAll(key, '***');
}
