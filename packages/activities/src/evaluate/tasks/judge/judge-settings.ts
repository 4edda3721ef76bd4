import { z } from 'zod';
import { duration, marginFields, parameters } from '../suite-fields.ts';

/** Fields of a request that are the judge's own business. */
const OWN = ['messages', 'model', 'n', 'seed', 'stream'];
/** Most votes on one pair. */
const MOST_VOTES = 15;

const NAMED = /^env:[A-Za-z_]\w*$/;

const endpoint = z.string().superRefine((value, context) => {
  const problem = value.startsWith('env:') ? badName(value) : addressProblem(value);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

const key = z.string().superRefine((value, context) => {
  // Not shown: it may be the key itself.
  if (!NAMED.test(value)) {
    const message = 'write env:NAME, the name of the variable with the key: keys stand in no file';
    context.addIssue({ code: 'custom', message });
  }
});

const own = parameters.superRefine((given, context) => {
  for (const name of OWN.filter((one) => one in given)) {
    context.addIssue({ code: 'custom', path: [name], message: 'the judge sets it itself' });
  }
});

const settings = z.strictObject({
  name: z.literal('judge'),
  ...marginFields,
  /** Of an OpenAI-compatible server, up to and with `/v1`, or `env:NAME`. */
  endpoint,
  /** `env:NAME` of its API key; null: it needs none. */
  key: key.nullable().default(null),
  model: z.string().min(1).max(200),
  /** What makes an answer the better one. */
  rubric: z.string().trim().min(1, 'say what makes an answer the better one').max(20_000),
  /** Votes on each pair of answers. */
  k: z
    .int()
    .refine((k) => k % 2 === 1 && k >= 3 && k <= MOST_VOTES, `expected an odd number from 3 to ${MOST_VOTES}`)
    .default(3),
  /** Requests under way at a time. */
  concurrency: z.int().min(1).max(64).default(4),
  /** Of one request. */
  timeout: duration.default(60_000),
  /** Further tries of a request that found no connection, or was answered by 429 or 5xx. */
  retries: z.int().min(0).max(10).default(4),
  /** Further fields of the request; null leaves one out that is sent otherwise. */
  parameters: own.default({}),
});

/** A metric called `judge`: an LLM that says which of two answers is better. */
export const judgeMetric = settings.transform(({ name, as, margin, margins, ...judge }) => ({
  name: name as string,
  as,
  margin,
  margins,
  judge,
  extract: null,
  command: null,
  worst: null,
  least: null,
  most: null,
  options: {},
}));

export type JudgeSettings = z.output<typeof judgeMetric>['judge'];

/** Why no request can go to an address; null where one can. */
export function addressProblem(value: string): string | null {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return "expected an address such as 'http://127.0.0.1:8000/v1', or env:NAME";
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `${url.protocol} is neither http: nor https:`;
  if (url.username !== '' || url.password !== '') return 'no password belongs into an address: name it by "key"';
  return url.search === '' && url.hash === '' ? null : 'an address without ? and #';
}

function badName(value: string): string | null {
  return NAMED.test(value) ? null : 'env: is followed by the name of a variable';
}
