import { createHash } from 'node:crypto';
import type { Json } from '@sluice/sdk';
import { z } from 'zod';
import { canonical } from '../../../job/inputs/digests.ts';
import type { ActivityScope } from '../../../serving/activity-scope.ts';
import type { AnswerLog } from '../answer-log.ts';
import type { Judge, JudgeReply } from './judge-reply.ts';
import type { JudgeSettings } from './judge-settings.ts';
import { positions } from './positions.ts';
import { MOST_ASKED, questionOf, voteSeed } from './question.ts';
import { readVote } from './read-vote.ts';
import type { LoadedPair, PairVotes, Vote } from './votes.ts';

/** One pair of answers that a judge is asked about. */
export interface PairToJudge {
  /** Unique among the judge's pairs. */
  readonly id: string;
  load(): Promise<LoadedPair>;
}

export interface AskVotesOptions {
  readonly settings: JudgeSettings;
  /** Address of the judge: another one is another judge. */
  readonly address: string;
  readonly judge: Judge;
  /** Replies, as they come. */
  readonly log: AnswerLog;
  readonly seed: string;
  readonly scope: ActivityScope;
  readonly who: string;
}

/** All votes, by the pair's id; and why there are not all of them. */
export interface AskedVotes {
  readonly pairs: ReadonlyMap<string, PairVotes>;
  readonly broken: string | null;
  /** What came of the votes that are not kept. */
  readonly passing: ReadonlyMap<string, JudgeReply>;
}

/** One vote to be asked for: what is sent, and the name of its reply. */
export interface Ballot {
  readonly firstInFront: boolean;
  readonly question: Json;
  /** Of what is asked and of whom: a reply that is kept is one to this question, whoever asked it. */
  readonly id: string;
}

/** Requests in a row without an answer after which a judge counts as gone, at least; and as many as are under way. */
const SILENCE = 5;
/** Replies in a row that are no votes after which it counts as no judge. */
const NONSENSE = 30;

/** Asks for every vote that the log does not have yet. @throws the signal's reason when that aborts; what the log throws */
export async function askVotes(pairs: readonly PairToJudge[], options: AskVotesOptions): Promise<AskedVotes> {
  const { settings, judge, log, scope, who, seed } = options;
  // In an order that is no category's, so that what a judge cannot read does not come in a row.
  const queue = pairs
    .map((pair) => ({ pair, turn: voteSeed(seed, 'turn', pair.id) }))
    .sort((a, b) => a.turn - b.turn || (a.pair.id < b.pair.id ? -1 : 1));
  const found = new Map<string, PairVotes>();
  const passing = new Map<string, JudgeReply>();
  const silence = Math.max(SILENCE, settings.concurrency);
  let [down, useless, next] = [0, 0, 0];
  let broken: string | null = null;
  let stop: { readonly error: unknown } | null = null;

  const voteOf = async (ballot: Ballot): Promise<Vote> => {
    const known = await log.get(ballot.id);
    let reply = known === null ? null : replyOf(known);
    if (reply === null) {
      reply = await judge.ask(ballot.question);
      if ('error' in reply) scope.signal.throwIfAborted(); // the end of a worker is no fault of the judge's
      if ('error' in reply && reply.down) {
        passing.set(ballot.id, reply);
        down += 1;
        if (down >= silence)
          broken ??= `the judge does not answer: ${down} requests in a row, the last: ${reply.error}`;
      } else {
        down = 0;
        await log.add(ballot.id, keptAs(reply));
      }
    }
    const vote = readReply(reply, ballot.firstInFront);
    useless = vote.value === null ? useless + 1 : 0;
    if (useless >= NONSENSE) broken ??= `no vote in ${useless} replies in a row, the last: ${vote.problem}`;
    return vote;
  };
  const one = async ({ id, load }: PairToJudge): Promise<void> => {
    const pair = await load();
    if ('settled' in pair) {
      found.set(id, { settled: pair.settled, votes: [] });
      return;
    }
    const votes: Vote[] = [];
    for (const ballot of ballotsOf(id, pair, options)) {
      if (broken !== null) return;
      votes.push(isTooLong(ballot) ? tooLong(ballot) : await voteOf(ballot));
    }
    found.set(id, { settled: null, votes });
  };
  const lane = async (): Promise<void> => {
    while (stop === null && broken === null) {
      const turn = queue[next];
      if (turn === undefined) return;
      next += 1;
      try {
        scope.signal.throwIfAborted();
        scope.heartbeat({ judge: who, pairs: pairs.length, done: found.size });
        await one(turn.pair);
      } catch (error) {
        stop ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(settings.concurrency, queue.length) }, lane));
  if (stop !== null) throw (stop as { error: unknown }).error;
  return { pairs: found, broken, passing };
}

/** The votes that a pair is asked for. */
export function ballotsOf(
  id: string,
  pair: Exclude<LoadedPair, { settled: unknown }>,
  { settings, seed, address }: Pick<AskVotesOptions, 'settings' | 'seed' | 'address'>,
): Ballot[] {
  return positions(settings.k, `${seed}/${id}`).map((firstInFront, i) => {
    const question = questionOf(settings, pair, firstInFront, voteSeed(seed, id, i));
    const asked = createHash('sha256').update(canonical([address, id, i, question]));
    return { firstInFront, question, id: asked.digest('hex') };
  });
}

function isTooLong({ question }: Ballot): boolean {
  return JSON.stringify(question).length > MOST_ASKED;
}

function tooLong({ firstInFront, question }: Ballot): Vote {
  const problem = `too long to be asked: ${JSON.stringify(question).length} characters, and ${MOST_ASKED} at most`;
  return { firstInFront, value: null, problem };
}

/** What a reply says of two answers of which the first stood in front, or behind. */
export function readReply(reply: JudgeReply, firstInFront: boolean): Vote {
  if ('error' in reply) return { firstInFront, value: null, problem: reply.error };
  const read = readVote(reply.said);
  if ('problem' in read) return { firstInFront, value: null, problem: read.problem };
  if (read.choice === 'tie') return { firstInFront, value: 0.5, problem: null };
  return { firstInFront, value: (read.choice === 'A') === firstInFront ? 1 : 0, problem: null };
}

const keptReply = z.object({
  said: z.string(),
  model: z.string().nullable(),
  tokens: z.object({ asked: z.number(), answered: z.number() }).nullable(),
});

/** A reply as a log of answers keeps it. */
function keptAs(reply: JudgeReply): Parameters<AnswerLog['add']>[1] {
  if ('error' in reply) return { error: reply.error, problem: 'answer', latencyMs: reply.latencyMs };
  const { said, model, tokens, latencyMs } = reply;
  return { answer: { said, model, tokens: tokens === null ? null : { ...tokens } }, latencyMs };
}

/** The reply that a log has kept; null for none. */
export function replyOf(kept: NonNullable<Awaited<ReturnType<AnswerLog['get']>>>): JudgeReply {
  const latencyMs = kept.latencyMs ?? 0;
  if ('error' in kept) return { error: kept.error, down: false, latencyMs };
  return { ...keptReply.parse(kept.answer), latencyMs };
}
