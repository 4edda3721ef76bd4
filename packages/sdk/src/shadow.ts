import type { Dataset } from './artifact.ts';
import { type Check, column } from './column.ts';
import { artifact, checkFields, invalidStep, nonEmptyText, numberWithin, shown, wholeNumber } from './options.ts';
import { checksOf } from './steps/extract.ts';

/** What a shadow phase copies, and what the answers to the copies must keep. */
export interface ShadowOptions {
  /** Percent of requests to mirror, over 0. */
  readonly percent: number;
  /** What the rows of the requests must keep, with the candidate's answers as a column more; at least one. */
  readonly checks: readonly Check[];
  /** Dataset that checks of distributions and of counts are held against. @default none */
  readonly reference?: Dataset;
  /** Name of the column of answers. @default 'prediction' */
  readonly as?: string;
  /** Most rows that are judged, at least 1: the newest. @default 10000 */
  readonly rows?: number;
}

/** The same as plain data. */
export interface ShadowChecks {
  readonly checks: readonly Check[];
  /** Null for nothing. */
  readonly reference: Dataset | null;
  readonly as: string;
  readonly rows: number;
}

/**
 * What a rollout's `shadow` says: the share that is copied, and the checks where answers are kept and judged. That no row is
 * left without an answer is checked besides, unless a check on that column says how many may be.
 *
 * @throws SluiceError `InvalidStep`
 */
export function shadowOf(
  where: string,
  given: number | ShadowOptions,
): { readonly shadow: number; readonly shadowChecks?: ShadowChecks } {
  if (typeof given === 'number') return { shadow: given };
  const known = { percent: true, checks: true, reference: true, as: true, rows: true } as const;
  checkFields<ShadowOptions>(where, given, known, 'shadow');
  const as = nonEmptyText(where, 'shadow.as', given.as ?? 'prediction');
  const checks = checksOf(where, given.checks, 1);
  for (const check of checks) mayBeJudged(where, check, given.reference !== undefined);
  const counted = checks.some((one) => 'column' in one && one.column === as && one.rule.kind === 'notNull');
  return {
    shadow: numberWithin(where, 'shadow.percent', given.percent, { over: 0, most: 100 }),
    shadowChecks: {
      checks: counted ? checks : [...checks, ...checksOf(where, [column(as).notNull()], 1)],
      reference:
        given.reference === undefined ? null : artifact<Dataset>(where, 'shadow.reference', given.reference, 'dataset'),
      as,
      rows: wholeNumber(where, 'shadow.rows', given.rows ?? 10_000, 1),
    },
  };
}

/** A check that lacks what it is held against would be an error when the phase is over: it is one now. */
function mayBeJudged(where: string, { rule }: Check, reference: boolean): void {
  if (rule.kind === 'references') {
    const what = `shadow.checks: "${rule.dataset}.${rule.column}" is of another dataset, and a shadow phase has none.`;
    throw invalidStep(where, what, 'Check references in a step of its own: check().');
  }
  if (reference || (rule.kind !== 'distribution' && rule.kind !== 'rowsRatio')) return;
  const what = `shadow.checks: ${rule.kind} is held against a reference, and there is none.`;
  throw invalidStep(where, what, 'Give a dataset: shadow: { percent, checks, reference }.');
}

/** Also of a rollout that was put together by hand. @throws SluiceError `InvalidStep` */
export function checkShadow(where: string, shadow: number, checks: ShadowChecks | undefined): void {
  numberWithin(where, 'shadow', shadow, { least: 0, most: 100 });
  if (checks === undefined) return;
  if (shadow > 0) {
    checksOf(where, checks.checks, 1);
    return;
  }
  throw invalidStep(
    where,
    `there are checks of shadow answers, and shadow is ${shown(shadow)}.`,
    "Say how much is copied: shadow: { percent: 20, checks: [column('prediction').notNull()] }.",
  );
}
