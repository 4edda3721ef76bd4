import { type Check, type Column, SluiceError } from '@sluice/sdk';
import type { DuckDbSession } from '../extract/duckdb-session.ts';
import { compileCheck } from './compile.ts';
import { type Beside, CannotJudge, type Measured, type Source } from './compiled.ts';
import { columnsOf, maskedColumns } from './masked.ts';
import { firstLine } from './names.ts';
import { type Sample, samplesOf } from './samples.ts';
import { answerAll } from './scans.ts';
import { sliceOf } from './wording.ts';

/** What is known of one check. */
export interface Finding {
  readonly check: Check;
  readonly measured: Measured | Failed;
  /** Of rows that break the rule, where there are any. */
  readonly sample: Sample | null;
  /** Whether values are kept out of sight. */
  readonly secret: boolean;
}

/** A check that cannot be judged on this data. */
export interface Failed {
  readonly kind: 'error';
  readonly note: string;
}

/** Measures every check, in the order they are given in. */
export async function findAll(
  session: DuckDbSession,
  source: Source,
  columns: readonly Column[],
  checks: readonly Check[],
  beside: Beside,
): Promise<Finding[]> {
  const masked = maskedColumns(checks);
  const secret = checks.map((check) => check.mask === true || columnsOf(check).some((name) => masked.has(name)));
  const plans = checks.map((check) => attempt(() => compileCheck(source, columns, check, beside)));
  const compiled = plans.map((plan) => ('kind' in plan ? null : plan));
  const asking = [...compiled.keys()].filter((index) => compiled[index]?.from != null);
  const answers = await answerAll(
    session,
    asking.map((index) => ({ from: compiled[index]?.from ?? '', asks: compiled[index]?.asks ?? [] })),
  );
  const measured = plans.map((plan, index): Measured | Failed => {
    if ('kind' in plan) return plan;
    const answer = answers[asking.indexOf(index)] ?? [];
    if (answer instanceof SluiceError) return misfit(checks[index], columns, answer, secret[index] === true);
    return attempt(() => plan.measure(answer));
  });
  const failing = [...measured.keys()].filter((index) => {
    const found = measured[index];
    return found?.kind === 'rows' && found.unexpected > 0 && compiled[index]?.offenders != null;
  });
  const samples = await samplesOf(
    session,
    failing.flatMap((index) => compiled[index]?.offenders ?? []),
    failing.map((index) => secret[index] === true),
  );
  return checks.map((check, index) => ({
    check,
    measured: measured[index] ?? { kind: 'error', note: 'It was not measured.' },
    sample: samples[failing.indexOf(index)] ?? null,
    secret: secret[index] === true,
  }));
}

function attempt<Value>(work: () => Value): Value | Failed {
  try {
    return work();
  } catch (error) {
    if (error instanceof CannotJudge) return { kind: 'error', note: error.message };
    throw error;
  }
}

/** DuckDB's own message may quote a value. */
function misfit(check: Check | undefined, columns: readonly Column[], error: SluiceError, secret: boolean): Failed {
  const about = check === undefined ? [] : columnsOf(check);
  const types = columns.filter(({ name }) => about.includes(name)).map(({ type }) => type);
  const of = about.length > 1 ? `the types of ${check && sliceOf(check)}` : "the column's type";
  const why = secret ? ' Its values are masked.' : ` ${firstLine(error.message)}`;
  return { kind: 'error', note: `The rule does not fit ${of} ${types.join(', ')}${secret ? '.' : ':'}${why}` };
}
