import { cohenKappa } from '../../../statistics/cohen-kappa.ts';
import type { SuiteJudge } from '../../suite-report.ts';
import { meanInference } from '../mean-inference.ts';
import { shareInference } from '../share-inference.ts';
import type { HumanLabel } from './human-label.ts';
import { agreementOf, mean, type PairVotes, placeOf, scoreOf } from './votes.ts';

/** What votes say of the judge itself. */
export type VoteFacts = Pick<SuiteJudge, 'alike' | 'unscored' | 'example' | 'votes' | 'place' | 'agreement'>;

/** What all votes on the cases' answers say of the judge, but not of the answers. */
export function voteFacts(pairs: ReadonlyMap<string, PairVotes>, onSlice: () => void): VoteFacts {
  const asked = [...pairs].filter(([, { settled }]) => settled === null);
  const votes = asked.flatMap(([, pair]) => pair.votes);
  const failed = asked.filter(([, pair]) => scoreOf(pair) === null);
  const usable = votes.filter(({ value }) => value !== null);
  const problemOf = ([id, pair]: (typeof asked)[number]) =>
    `${id}: ${pair.votes.find(({ problem }) => problem !== null)?.problem ?? 'no votes'}`;
  const [first] = failed.map(problemOf).sort();
  const agreements = asked.map(([, pair]) => agreementOf(pair)).filter((share) => share !== null);
  return {
    alike: [...pairs.values()].filter(({ settled }) => settled?.alike === true).length,
    unscored: failed.length,
    example: first ?? null,
    votes: {
      usable: usable.length,
      ties: usable.filter(({ value }) => value === 0.5).length,
      unusable: votes.length - usable.length,
    },
    place: placeFacts(
      asked.map(([, pair]) => placeOf(pair)).filter((share) => share !== null),
      onSlice,
    ),
    agreement: agreements.length === 0 ? null : mean(agreements),
  };
}

function placeFacts(shares: readonly number[], onSlice: () => void): SuiteJudge['place'] {
  if (shares.length === 0) return null;
  const found = meanInference(Float64Array.from(shares), { ends: [0, 1], clusters: null, exact: true, onSlice });
  return { share: found.value, interval: found.interval };
}

/** How far a judge agrees with people on answers that they have compared. */
export function humanFacts(
  labels: ReadonlyMap<string, HumanLabel>,
  pairs: ReadonlyMap<string, PairVotes>,
): SuiteJudge['human'] {
  if (labels.size === 0) return null;
  const said = [...labels].flatMap(([id, { prefers }]): (readonly [string, string])[] => {
    const pair = pairs.get(id);
    const score = pair === undefined ? null : scoreOf(pair);
    if (score === null) return [];
    return [[prefers, score > 0.5 ? 'first' : score < 0.5 ? 'second' : 'neither']];
  });
  const same = said.filter(([human, judge]) => human === judge).length;
  return {
    n: said.length,
    unscored: labels.size - said.length,
    agreement: said.length === 0 ? null : same / said.length,
    interval: said.length === 0 ? null : shareInference(same, said.length).interval,
    kappa: cohenKappa(said),
  };
}

/** What a reader of the number has to know of who gave it, in a sentence. */
export function judgeNote(facts: Omit<SuiteJudge, 'record'>): string {
  const { model, k, cases, alike, unscored, example, place, agreement, human } = facts;
  const parts = [
    `judged by ${model} in ${k} votes each`,
    alike === 0 ? null : `${alike} of ${cases} pairs of answers are alike, and ties`,
    unscored === 0 ? null : `${unscored} of ${cases} cases have too few votes, first ${example}`,
    agreement === null ? null : `${percent(agreement)} of votes on a case agree`,
    place === null ? null : placeNote(place),
    human === null ? null : humanNote(human),
  ];
  return parts.filter((part) => part !== null).join(', ');
}

function placeNote({ share, interval: [low, high] }: NonNullable<SuiteJudge['place']>): string {
  const biased = (low ?? 0) > 0.5 ? ', which the judge prefers' : '';
  const last = (high ?? 1) < 0.5 ? ': the judge prefers what stands behind' : '';
  return `${percent(share)} for what stands in front (${percent(low ?? 0)} to ${percent(high ?? 1)})${biased}${last}`;
}

function humanNote({ n, agreement, interval, kappa, unscored }: NonNullable<SuiteJudge['human']>): string {
  const lost = unscored === 0 ? '' : ` (${unscored} more have too few votes)`;
  if (agreement === null) return `no human label has votes enough${lost}`;
  const [low, high] = interval ?? [];
  const range = ` (${percent(low ?? 0)} to ${percent(high ?? 1)})`;
  const beyond = kappa === null ? '' : `, Cohen’s kappa ${Number(kappa.toFixed(2))}`;
  return `agrees with ${percent(agreement)} of ${n} human labels${range}${beyond}${lost}`;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}
