import type { Json } from '@sluice/sdk';

/** What came of one request to a judge. */
export type JudgeReply =
  | {
      readonly said: string;
      /** As the server calls itself; null: it does not say. */
      readonly model: string | null;
      readonly tokens: Tokens | null;
      readonly latencyMs: number;
    }
  | {
      readonly error: string;
      /** It says nothing of the question: no connection, not in time, too busy, or not willing to answer anybody. */
      readonly down: boolean;
      readonly latencyMs: number;
    };

/** What a server counted. */
export interface Tokens {
  readonly asked: number;
  readonly answered: number;
}

/** Something that is asked which of two answers is better. */
export interface Judge {
  /** @throws the signal's reason when that aborts */
  ask(question: Json): Promise<JudgeReply>;
}

/** Reads what an OpenAI-compatible server answers to a request for a completion; a text: what is wrong with it. */
export function readCompletion(body: string): Pick<Said, 'said' | 'model' | 'tokens'> | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return body === '' ? 'the answer is empty' : `not JSON: ${startOf(body)}`;
  }
  const choices = fieldOf(parsed, 'choices');
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const said = fieldOf(fieldOf(first, 'message'), 'content');
  if (typeof said !== 'string') return 'no text `choices[0].message.content` in the answer';
  const model = fieldOf(parsed, 'model');
  const usage = fieldOf(parsed, 'usage');
  const [asked, answered] = [fieldOf(usage, 'prompt_tokens'), fieldOf(usage, 'completion_tokens')];
  return {
    said,
    model: typeof model === 'string' ? model.slice(0, 200) : null,
    tokens: isCount(asked) && isCount(answered) ? { asked, answered } : null,
  };
}

type Said = Extract<JudgeReply, { said: string }>;

/** The beginning of a text, on one line. */
export function startOf(text: string): string {
  return text
    .slice(0, 400)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 200);
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as { readonly [key: string]: unknown })[name] : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
