import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '@sluice/sdk';
import type { ActivityScope } from '../../../../serving/activity-scope.ts';
import { fixture } from '../../../../serving/testing/fixture-context.ts';
import type { Reply } from '../../reply.ts';
import type { SuiteCase } from '../../suite-cases.ts';
import { httpJudge } from '../http-judge.ts';
import { type JudgedAnswers, judgeAnswers } from '../judge-answers.ts';
import type { JudgeSettings } from '../judge-settings.ts';
import { type Asked, type FakeJudge, fakeJudge, says } from './fake-judge.ts';

/** What a model answers to the case of that number. */
export type Model = (i: number) => Json | Reply;

/** A stand-in for an LLM, and a place for its votes. */
export interface JudgeStand {
  readonly fake: FakeJudge;
  /** Where votes lie while they are asked for. */
  readonly folder: string;
  judged(
    cases: readonly SuiteCase[],
    candidate: Model,
    baseline: Model,
    own?: Partial<JudgeSettings>,
    scope?: ActivityScope,
  ): Promise<JudgedAnswers>;
  /** Lines of the artifact with all votes. */
  record(found: JudgedAnswers): Promise<{ readonly [key: string]: unknown }[]>;
  /** Lines that are kept on the way. */
  kept(): Promise<{ readonly id: string }[]>;
  close(): Promise<void>;
}

/** Prefers the longer answer. */
export const longer = ({ a, b }: Asked) => says(a.length === b.length ? 'tie' : a.length > b.length ? 'A' : 'B');

export const idle: ActivityScope = { signal: new AbortController().signal, heartbeat: () => {} };

/** Cases c0, c1, … of one task. */
export function casesOf(n: number, more: (i: number) => Partial<SuiteCase> = () => ({})): SuiteCase[] {
  return Array.from({ length: n }, (_, i) => ({
    id: `c${i}`,
    task: 't',
    category: 'k',
    input: `question ${i}`,
    expected: null,
    cluster: null,
    ...more(i),
  }));
}

export async function judgeStand(): Promise<JudgeStand> {
  const fix = await fixture();
  const fake = await fakeJudge(longer);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-votes-'));
  const address = { url: `${fake.endpoint}/chat/completions`, key: null };
  return {
    fake,
    folder,
    async judged(cases, candidate, baseline, own = {}, scope = idle) {
      await mkdir(folder, { recursive: true });
      const before = (await readdir(folder)).sort();
      const path = (name: string) => join(folder, name);
      const settings: JudgeSettings = {
        endpoint: fake.endpoint,
        key: null,
        model: 'm',
        rubric: 'Longer is better.',
        k: 3,
        concurrency: 4,
        timeout: 20_000,
        retries: 2,
        parameters: {},
        ...own,
      };
      return judgeAnswers({
        context: fix.context,
        task: 't',
        name: 'judge',
        settings,
        address,
        judge: httpJudge(address, { ...settings, backoff: 1 }, scope),
        cases,
        candidate: replies(candidate),
        baseline: replies(baseline),
        votes: {
          found: before.map((name) => ({ path: path(name), bytes: Infinity })),
          own: path(`votes-${before.length}`),
        },
        seed: 0,
        scope,
      });
    },
    record: async ({ facts }) => linesOf(await fix.context.store.getText(facts.record)),
    async kept() {
      const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
      return files.flatMap((text) => linesOf<{ readonly id: string }>(text));
    },
    async close() {
      await fake.close();
      await fix.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function replies(model: Model): (id: string) => Promise<Reply> {
  return async (id) => {
    const found = model(Number(id.slice(1)));
    const whole = typeof found === 'object' && found !== null && 'latencyMs' in found;
    return whole ? (found as Reply) : { answer: found as Json, latencyMs: 1 };
  };
}

function linesOf<Line = { readonly [key: string]: unknown }>(text: string): Line[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Line);
}
