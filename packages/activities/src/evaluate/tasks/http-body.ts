import type { Json } from '@sluice/sdk';
import type { SuiteCase } from './suite-cases.ts';
import type { SuiteProtocol } from './suite-file.ts';

type HttpProtocol = Exclude<SuiteProtocol, { kind: 'command' }>;

/** How one case is asked, and where in the answer's JSON the answer is. */
export interface HttpQuestion {
  readonly path: string;
  readonly body: Json;
  /** A text: what is wrong with the answer. */
  readonly read: (parsed: unknown) => { readonly answer: Json } | string;
}

/** The request of one case in MLflow's scoring protocol or in OpenAI's. */
export function questionOf(protocol: HttpProtocol, one: SuiteCase): HttpQuestion {
  switch (protocol.kind) {
    case 'invocations':
      return { path: '/invocations', body: scoring(one.input), read: prediction };
    case 'chat':
      return { path: '/v1/chat/completions', body: chat(protocol, one.input), read: message };
    case 'embeddings':
      return {
        path: '/v1/embeddings',
        body: { ...protocol.parameters, model: protocol.model, input: one.input },
        read: embedding,
      };
  }
}

/** An object is a row of a table; anything else is an input as it is. */
function scoring(input: Json): Json {
  return isObject(input) ? { dataframe_records: [input] } : { inputs: [input] };
}

function prediction(parsed: unknown): { answer: Json } | string {
  const list = isObject(parsed) ? parsed.predictions : undefined;
  if (!Array.isArray(list)) return 'no list `predictions` in the answer';
  if (list.length !== 1) return `${list.length} predictions for one case`;
  return { answer: single(list[0] as Json) };
}

/** Servers of tables answer `[1.5]` or `{"0": 1.5}` for a row; that is the value. */
function single(value: Json): Json {
  if (isObject(value) && Object.keys(value).length === 1 && value['0'] !== undefined) return value['0'];
  return value;
}

/** A text is what the user says; a list is the conversation; an object is the request, as far as it goes. */
function chat(protocol: Extract<SuiteProtocol, { kind: 'chat' }>, input: Json): Json {
  const given: { readonly [key: string]: Json | undefined } = isObject(input)
    ? input
    : { messages: Array.isArray(input) ? input : [{ role: 'user', content: input }] };
  const own = Array.isArray(given.messages) ? given.messages : [];
  const messages = protocol.system === null ? own : [{ role: 'system', content: protocol.system }, ...own];
  return { ...protocol.parameters, model: protocol.model, ...given, messages };
}

function message(parsed: unknown): { answer: Json } | string {
  const choices = isObject(parsed) ? parsed.choices : undefined;
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const said = isObject(first) && isObject(first.message) ? first.message.content : undefined;
  return typeof said === 'string' ? { answer: said } : 'no text `choices[0].message.content` in the answer';
}

function embedding(parsed: unknown): { answer: Json } | string {
  const data = isObject(parsed) ? parsed.data : undefined;
  const first: unknown = Array.isArray(data) ? data[0] : undefined;
  const vector = isObject(first) ? first.embedding : undefined;
  return Array.isArray(vector) ? { answer: vector as Json } : 'no list `data[0].embedding` in the answer';
}

function isObject(value: unknown): value is { readonly [key: string]: Json | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
