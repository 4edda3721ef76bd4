import { type Random, seededRandom } from '../../packages/activities/src/statistics/random.ts';

/** Draws of one trial. */
export interface Draw {
  /** Between 0 and 1, neither included. */
  readonly share: () => number;
  readonly normal: () => number;
}

/** How much a case gains, in standard deviations, when both models are alike on the whole: the mean is 0. */
export type Gain = (draw: Draw, margin: number) => number;

export function drawOf(seed: string): Draw {
  const random: Random = seededRandom(seed);
  const share = () => (random.next() + 0.5) / 2 ** 32;
  return { share, normal: () => Math.sqrt(-2 * Math.log(share())) * Math.cos(2 * Math.PI * share()) };
}

const E = Math.E;
const logNormalSd = Math.sqrt((E - 1) * E);

export const normal: Gain = ({ normal }) => normal();

/** Losses e^Z less their mean: many small ones, few large ones. */
export const logNormal: Gain = ({ normal }) => (Math.sqrt(E) - Math.exp(normal())) / logNormalSd;

/** The same of e^(1.5·Z): a skewness of 33. */
export const logNormalWide: Gain = ({ normal }) =>
  (Math.exp(1.125) - Math.exp(1.5 * normal())) / Math.sqrt((Math.exp(2.25) - 1) * Math.exp(2.25));

/** Student's t with three degrees of freedom: tails so heavy that skewness does not exist. */
export const studentT3: Gain = ({ normal }) => {
  const [a, b, c] = [normal(), normal(), normal()];
  return normal() / Math.sqrt(a * a + b * b + c * c);
};

/** Pareto losses of index 3 less their mean: as heavy, and on the losing side alone. */
export const pareto3: Gain = ({ share }) => (1.5 - share() ** (-1 / 3)) / Math.sqrt(0.75);

/** Nothing beyond ±√3. */
export const uniform: Gain = ({ share }) => (2 * share() - 1) * Math.sqrt(3);

/**
 * Little noise, and a `rate` of cases that lose `size` margins; the others gain so much that the mean is −margin, where
 * the candidate `misses`, and 0 where it does not.
 */
export function rareMiss(rate: number, size: number, misses: boolean): Gain {
  return ({ share, normal }, margin) => {
    const missed = share() < rate;
    const noise = 0.3 * margin * Math.max(-3, Math.min(3, normal()));
    if (!misses) return noise;
    // The one case in a hundred loses exactly `size` margins; noise is beside it only where it does not go beyond.
    const rest = ((rate * size - 1) * margin) / (1 - rate);
    return missed ? -size * margin : rest + noise;
  };
}

/** Right (1) or wrong (0) of both: so many gains and losses, the rest alike. */
export function rightOrWrong(gains: number, losses: number): Gain {
  return ({ share }) => {
    const at = share();
    return at < gains ? 1 : at < gains + losses ? -1 : 0;
  };
}
