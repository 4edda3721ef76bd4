import { ErrorCode, type Json, SluiceError } from '@sluice/sdk';
import type { Metric } from '../../metrics/metric.ts';
import { type OverAnswers, programOverAnswers } from './program-over-answers.ts';
import type { SuiteMetric } from './suite-file.ts';

/**
 * What a program of the user's makes of one model's answers: scores by case, or what a metric compares; or why there is
 * nothing at all.
 */
export type OwnScores =
  | { readonly scores: ReadonlyMap<string, number | { readonly problem: string }> }
  | { readonly extracted: ReadonlyMap<string, Extracted>; readonly extractor: string | null }
  | { readonly broken: string };

/** What a metric compares instead of what was expected and answered. */
export type Extracted = { readonly expected: Json; readonly answer: Json } | { readonly problem: string };

/** A metric whose scores come from a program; here is only what is known of it. */
export function ownMetric({ name, as, better = 'higher', range, unit = null, command }: SuiteMetric): Metric {
  return {
    name: as ?? name,
    of: 'case',
    better,
    range: range ?? [null, null],
    unit,
    signature: `${name}|command:${command?.argv.join(' ') ?? ''}`,
    score: () => ({ problem: 'the program has not scored it', blame: 'answer' }),
  };
}

/**
 * Has a program score every answer: it writes `{"id", "score"}` a line, or `{"id", "problem"}` for an answer that it cannot
 * score. Of a case it says twice the first counts.
 */
export async function scoreByProgram(options: OverAnswers): Promise<OwnScores> {
  const known = new Set(options.cases.map(({ id }) => id));
  const scores = new Map<string, number | { readonly problem: string }>();
  const broken = await programOverAnswers(options, ({ id, score, problem }) => {
    if (typeof id !== 'string' || !known.has(id) || scores.has(id)) return;
    if (typeof score === 'number' && Number.isFinite(score)) scores.set(id, score);
    else scores.set(id, { problem: typeof problem === 'string' ? problem.slice(0, 200) : 'the score is no number' });
  });
  return broken === null ? { scores } : { broken };
}

/**
 * Has a program make of every case what the metric compares: it writes `{"id", "expected", "answer"}` a line, such as the
 * features of both images, or `{"id", "problem"}`; and once, with the first, `{"extractor": {…}}`, which says what it is:
 * implementation, digest of its weights.
 */
export async function extractByProgram(options: OverAnswers): Promise<OwnScores> {
  const known = new Set(options.cases.map(({ id }) => id));
  const extracted = new Map<string, Extracted>();
  let extractor: string | null = null;
  const broken = await programOverAnswers(options, ({ id, expected, answer, problem, extractor: about }) => {
    if (id === undefined && about !== undefined) extractor ??= JSON.stringify(about).slice(0, 500);
    if (typeof id !== 'string' || !known.has(id) || extracted.has(id)) return;
    const whole = expected !== undefined && answer !== undefined;
    const why = typeof problem === 'string' ? problem.slice(0, 200) : 'the line has no expected and answer';
    extracted.set(id, whole ? { expected: expected as Json, answer: answer as Json } : { problem: why });
  });
  return broken === null ? { extracted, extractor } : { broken };
}

/** What a metric's program says, where it has one. */
export async function ownScores(
  { command, extract }: SuiteMetric,
  options: Omit<OverAnswers, 'command'>,
): Promise<OwnScores | null> {
  if (command !== null) return scoreByProgram({ ...options, command });
  if (extract === null) return null;
  const found = await extractByProgram({ ...options, command: extract });
  if (!('extracted' in found) || found.extractor !== null) return found;
  throw new SluiceError(ErrorCode.InvalidStep, `The program ${extract.argv.join(' ')} does not say what it is.`, {
    where: 'suite.json, extract',
    fix: 'Have it write {"extractor": {"implementation": …, "weights": "sha256:…"}} as its first line: such numbers compare only by the same features.',
  });
}
