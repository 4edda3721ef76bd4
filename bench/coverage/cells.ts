import {
  type Gain,
  logNormal,
  logNormalWide,
  normal,
  pareto3,
  rareMiss,
  rightOrWrong,
  studentT3,
  uniform,
} from './losses.ts';

/** One kind of losses under one suite. */
export interface Cell {
  readonly name: string;
  /** In standard deviations of the gains. */
  readonly margin: number;
  /** What the suite says is the most that one case can lose; null where it says nothing. */
  readonly worst: number | null;
  /** Numbers had a bootstrap interval before; right and wrong had Tango's. */
  readonly bootstrapped: boolean;
  /** Gains of a candidate that is worse by exactly the margin. */
  readonly atMargin: Gain;
  /** Gains of a candidate that is as good. */
  readonly alike: Gain;
  /** Cases with which at least 80 of 100 candidates that are as good have to pass; null where nothing is promised. */
  readonly enough: number | null;
}

export const SIZES = [10, 20, 50, 100, 200, 500, 1000] as const;

export const cells: readonly Cell[] = [
  ...shape('normal', normal),
  ...shape('lognormal', logNormal),
  stated('lognormal of σ 1.5, margin 1/1000 sd', logNormalWide, 0.001, null, null),
  ...shape('t, 3 degrees of freedom', studentT3),
  ...shape('Pareto, index 3', pareto3),
  {
    name: '1 in 100 loses 100 margins',
    margin: 1,
    worst: null,
    bootstrapped: true,
    atMargin: rareMiss(0.01, 100, true),
    alike: rareMiss(0.01, 100, false),
    enough: 500,
  },
  stated('normal, `worst` 5 sd', normal, 0.5, 5, 200),
  stated('even within ±1.7 sd, `worst` 2.5 sd', uniform, 0.5, 2.5, 100),
  {
    name: '1 in 20 loses 20 margins, `worst` as much',
    margin: 1,
    worst: 20,
    bootstrapped: true,
    atMargin: rareMiss(0.05, 20, true),
    alike: rareMiss(0.05, 20, false),
    enough: 100,
  },
  ...[0, 0.05, 0.2].map((gains): Cell => {
    return {
      name: `right or wrong, margin 0.05, ${gains * 100} % gains`,
      margin: 0.05,
      worst: 1,
      bootstrapped: false,
      atMargin: rightOrWrong(gains, gains + 0.05),
      alike: rightOrWrong(gains, gains),
      enough: gains === 0 ? 100 : gains === 0.05 ? 500 : null,
    };
  }),
];

/** A small margin is the hardest to keep, a large one shows what is lost by being careful. */
function shape(name: string, gain: Gain): Cell[] {
  return [
    stated(`${name}, margin 1/1000 sd`, gain, 0.001, null, null),
    stated(`${name}, margin 1/4 sd`, gain, 0.25, null, 1000),
    stated(`${name}, margin 1/2 sd`, gain, 0.5, null, 500),
  ];
}

function stated(name: string, gain: Gain, margin: number, worst: number | null, enough: number | null): Cell {
  const atMargin: Gain = (draw, own) => gain(draw, own) - own;
  return { name, margin, worst, bootstrapped: true, atMargin, alike: gain, enough };
}
