import { type Random, seededRandom } from '../../packages/activities/src/statistics/random.ts';

/** Words of news about as often as they come: the first ones of the list much oftener than the last. */
const words =
  'the of to and in a for that is on with said was it by as from at be has have are its will after were an their who he had which but not more this been than about would up new first two over one years people when government could last week city report officials against against president company market percent million police official year percent announced plans expected according minister country economic national leaders decision increased international statement following agreement operations investigation development including authorities security financial services previously responsibility happened relations organisation negotiations supporters campaigning companies reporting increasingly temporarily scientists researchers university technology industries production regional generations traditionally communities'.split(
    ' ',
  );

/** Pairs as a summary and a model's attempt at it: three to five sentences on lines of their own, 40 to 90 words. */
export function summaries(count: number, seed: number): [expected: string, answer: string][] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const sentences = Array.from({ length: 3 + random.below(3) }, () => sentence(random));
    const answer = sentences.flatMap((one) => {
      const kind = random.below(6);
      return kind === 0 ? [sentence(random)] : kind === 1 ? [] : [changed(random, one)];
    });
    return [text(sentences), text(answer.length === 0 ? [sentence(random)] : answer)];
  });
}

function sentence(random: Random): string[] {
  return Array.from({ length: 12 + random.below(8) }, () => word(random));
}

function changed(random: Random, sentence: readonly string[]): string[] {
  return sentence.flatMap((one) => {
    const kind = random.below(10);
    return kind === 0 ? [] : kind === 1 ? [word(random)] : kind === 2 ? [one, word(random)] : [one];
  });
}

function word(random: Random): string {
  const at = Math.min(random.below(words.length), random.below(words.length));
  return random.below(12) === 0 ? `${words[at]},` : (words[at] ?? '');
}

function text(sentences: readonly (readonly string[])[]): string {
  return sentences.map((one) => `${one[0]?.charAt(0).toUpperCase()}${one.join(' ').slice(1)}.`).join('\n');
}
