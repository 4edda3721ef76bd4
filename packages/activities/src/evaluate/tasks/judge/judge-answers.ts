import type { Json } from '@sluice/sdk';
import type { ActivityContext } from '../../../context.ts';
import { canonical } from '../../../job/inputs/digests.ts';
import type { ActivityScope } from '../../../serving/activity-scope.ts';
import type { SuiteJudge } from '../../suite-report.ts';
import { type AnswerLog, type LogFiles, openAnswerLog } from '../answer-log.ts';
import { isAnswer, type Reply } from '../reply.ts';
import type { MetricScores } from '../scored-task.ts';
import { storeLines } from '../store-lines.ts';
import type { SuiteCase } from '../suite-cases.ts';
import { type AskedVotes, askVotes, ballotsOf, type PairToJudge, readReply, replyOf } from './ask-votes.ts';
import type { HumanLabel } from './human-label.ts';
import type { JudgeAddress } from './judge-address.ts';
import { humanFacts, judgeNote, voteFacts } from './judge-facts.ts';
import type { Judge, Tokens } from './judge-reply.ts';
import type { JudgeSettings } from './judge-settings.ts';
import { type LoadedPair, type PairVotes, scoreOf } from './votes.ts';

export interface JudgeAnswersOptions {
  readonly context: Pick<ActivityContext, 'stateDir' | 'store'>;
  readonly task: string;
  /** The judge's name in results. */
  readonly name: string;
  readonly settings: JudgeSettings;
  readonly address: JudgeAddress;
  readonly judge: Judge;
  readonly cases: readonly SuiteCase[];
  readonly candidate: (id: string) => Promise<Reply | null>;
  readonly baseline: (id: string) => Promise<Reply | null>;
  /** Where votes are kept while this is under way. */
  readonly votes: LogFiles;
  readonly seed: number;
  readonly scope: ActivityScope;
}

/** What a judge finds of two models' answers. */
export interface JudgedAnswers {
  readonly candidate: MetricScores;
  readonly baseline: MetricScores;
  readonly facts: SuiteJudge;
}

/** A row with more cases without a score than this share does not pass: those that are missing may be the bad ones. */
export const MOST_UNSCORED = 0.05;

/**
 * Has a judge compare the answers of two models, case by case, and besides those that people have compared. Its votes are kept
 * as they come; an attempt after this one asks only for the others.
 *
 * @throws the signal's reason when that aborts
 */
export async function judgeAnswers(options: JudgeAnswersOptions): Promise<JudgedAnswers> {
  const { cases, settings, address, judge, scope, task, name } = options;
  const log = await openAnswerLog(options.votes);
  try {
    const ask = (pairs: readonly PairToJudge[]) =>
      askVotes(pairs, { settings, address: address.url, judge, log, seed: seedOf(options), scope, who: name });
    const answers = await ask(cases.map((one) => ({ id: one.id, load: () => answersTo(one, options) })));
    const labelled = labelledIn(options);
    const labels = [...labelled].map(([id, one]) => ({ id, load: async () => labelledAnswers(one) }));
    const human = answers.broken === null ? await ask(labels) : null;
    const known = [answers, ...(human === null ? [] : [human])];
    const unusable = voteless(answers);
    const facts = {
      task,
      metric: name,
      endpoint: settings.endpoint,
      model: settings.model,
      k: settings.k,
      cases: cases.length,
      ...voteFacts(answers.pairs, () => beat(scope)),
      human:
        human === null ? null : humanFacts(new Map([...labelled].map(([id, one]) => [id, one.human])), human.pairs),
      broken: answers.broken ?? human?.broken ?? unusable,
      ...(await serverFacts(options, known, log)),
    };
    const broken = answers.broken ?? unusable;
    const note = broken === null ? judgeNote(facts) : null;
    return { ...scoresOf(cases, answers.pairs, broken, note), facts };
  } finally {
    await log.close();
  }
}

function scoresOf(
  cases: readonly SuiteCase[],
  pairs: ReadonlyMap<string, PairVotes>,
  broken: string | null,
  note: string | null,
): Pick<JudgedAnswers, 'candidate' | 'baseline'> {
  const parts = cases.map(({ id }) => {
    const pair = pairs.get(id);
    return pair === undefined || broken !== null ? null : scoreOf(pair);
  });
  const scores = { unscored: 0, example: null, note, broken, most: MOST_UNSCORED, byJudge: true };
  return {
    candidate: { ...scores, parts },
    baseline: { ...scores, parts: parts.map((score) => (score === null ? null : 1 - score)) },
  };
}

/** Both answers to a case, or what is settled without asking. */
async function answersTo(
  { id, input, expected }: SuiteCase,
  { candidate, baseline }: Pick<JudgeAnswersOptions, 'candidate' | 'baseline'>,
): Promise<LoadedPair> {
  const [mine, theirs] = [await candidate(id), await baseline(id)];
  const first = mine !== null && isAnswer(mine) ? mine : null;
  const second = theirs !== null && isAnswer(theirs) ? theirs : null;
  if (first === null || second === null) {
    // None is worse than any.
    const value = first === second ? 0.5 : first === null ? 0 : 1;
    return { settled: { value, alike: false } };
  }
  if (canonical(first.answer) === canonical(second.answer)) return { settled: { value: 0.5, alike: true } };
  return { input, expected, first: first.answer, second: second.answer };
}

type Labelled = SuiteCase & { readonly human: HumanLabel };

/** Cases with a human label for this judge. */
function labelledIn({ cases, name }: JudgeAnswersOptions): ReadonlyMap<string, Labelled> {
  const own = cases.filter(
    (one): one is Labelled => one.human !== undefined && (one.human.judge === null || one.human.judge === name),
  );
  return new Map(own.map((one) => [humanId(one.id), one]));
}

/** Not the case's own: its answers are another pair. */
function humanId(id: string): string {
  return JSON.stringify(['human', id]);
}

function labelledAnswers({ input, expected, human: { answers } }: Labelled): LoadedPair {
  return { input, expected, first: answers[0], second: answers[1] };
}

/** Why a judge is none, where it was asked and not one case has a score. */
function voteless({ pairs }: AskedVotes): string | null {
  const asked = [...pairs].filter(([, { settled }]) => settled === null);
  if (asked.length === 0 || asked.some(([, pair]) => scoreOf(pair) !== null)) return null;
  const problem = asked.flatMap(([, { votes }]) => votes).find((vote) => vote.problem !== null)?.problem;
  return `no case has votes enough, the first: ${problem ?? 'none'}`;
}

/** What servers called themselves, what they counted, and the record of all that was said. */
async function serverFacts(
  options: JudgeAnswersOptions,
  asked: readonly AskedVotes[],
  log: AnswerLog,
): Promise<Pick<SuiteJudge, 'answeredAs' | 'tokens' | 'record'>> {
  const models = new Set<string>();
  let tokens: Tokens | null = null;
  const count = (model: string | null, used: Tokens | null) => {
    if (model !== null && models.size < 5) models.add(model);
    if (used === null) return;
    tokens = { asked: (tokens?.asked ?? 0) + used.asked, answered: (tokens?.answered ?? 0) + used.answered };
  };
  const record = await storeLines(options.context, 'votes.jsonl', recordLines(options, asked, log, count));
  return { answeredAs: [...models].sort(), tokens, record };
}

/** Every vote as it was asked for and what came, in the order of the cases. */
async function* recordLines(
  options: JudgeAnswersOptions,
  [answers, human]: readonly AskedVotes[],
  log: AnswerLog,
  count: (model: string | null, tokens: Tokens | null) => void,
): AsyncGenerator<object> {
  const { task, name, settings, address } = options;
  const lines = async function* (id: string, found: AskedVotes, load: () => Promise<LoadedPair>, about: object) {
    beat(options.scope);
    const pair = await load();
    if ('settled' in pair) return;
    for (const ballot of ballotsOf(id, pair, { settings, seed: seedOf(options), address: address.url })) {
      const kept = await log.get(ballot.id);
      const reply = found.passing.get(ballot.id) ?? (kept === null ? null : replyOf(kept));
      if (reply === null) continue; // it was not asked
      const { value, problem } = readReply(reply, ballot.firstInFront);
      const said = 'said' in reply ? reply : { said: null, model: null, tokens: null };
      count(said.model, said.tokens);
      const { firstInFront, question } = ballot;
      yield { ...about, firstInFront, question, said: said.said, value, problem, latencyMs: reply.latencyMs };
    }
  };
  if (answers === undefined) return;
  for (const one of options.cases) {
    yield* lines(one.id, answers, () => answersTo(one, options), { task, metric: name, id: one.id, of: 'answers' });
  }
  if (human === undefined) return;
  for (const [id, one] of labelledIn(options)) {
    yield* lines(id, human, async () => labelledAnswers(one), { task, metric: name, id: one.id, of: 'human' });
  }
}

function seedOf({ seed, task, name }: Pick<JudgeAnswersOptions, 'seed' | 'task' | 'name'>): string {
  const parts: Json = [seed, task, name];
  return JSON.stringify(parts);
}

function beat(scope: ActivityScope): void {
  scope.signal.throwIfAborted();
  scope.heartbeat();
}
