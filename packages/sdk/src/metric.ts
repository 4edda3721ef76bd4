import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Json } from './artifact.ts';

/** A case of a suite and what a model answered to it. */
export interface AnsweredCase {
  readonly id: string;
  readonly task: string;
  readonly category: string;
  readonly input: Json;
  readonly expected: Json;
  readonly answer: Json;
  /** Milliseconds. */
  readonly latencyMs: number | null;
}

/** What a metric of features compares, such as the numbers of two pictures. */
export interface Features {
  readonly expected: Json;
  readonly answer: Json;
}

/**
 * The whole of a program that is a metric of a suite folder, `"command": ["node", "eval/politeness.ts"]`: scores every
 * answer of one model. A score that is no finite number, and an error that is thrown, leave that one case unscored, with the
 * reason in the report.
 *
 * ```ts
 * import { scoreEach } from '@sluice/sdk/metric';
 *
 * await scoreEach(({ answer }) => (String(answer).includes('please') ? 1 : 0));
 * ```
 */
export function scoreEach(score: (one: AnsweredCase) => number | Promise<number>): Promise<void> {
  return eachCase(async (one) => {
    const found: unknown = await score(one);
    if (typeof found === 'number' && Number.isFinite(found)) return { score: found };
    return { problem: `the score is ${String(found)}` };
  });
}

/**
 * The whole of a program that makes the features of `fid`, `kid` or another metric, `"extract": ["node",
 * "eval/features.ts"]`.
 *
 * @param extractor what makes them, which stands beside the number in reports: numbers compare only by the same
 */
export async function extractEach(
  extractor: { readonly implementation: string; readonly weights: string } & Readonly<Record<string, Json>>,
  extract: (one: AnsweredCase) => Features | Promise<Features>,
): Promise<void> {
  await write({ extractor });
  await eachCase(async (one) => {
    const { expected, answer } = await extract(one);
    return { expected, answer };
  });
}

async function eachCase(work: (one: AnsweredCase) => Promise<object>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line === '') continue;
    const one = JSON.parse(line) as AnsweredCase;
    const said = await work(one).catch((error: unknown) => ({ problem: String(error).slice(0, 200) }));
    await write({ id: one.id, ...said });
  }
}

async function write(said: object): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(said)}\n`)) await once(process.stdout, 'drain');
}
