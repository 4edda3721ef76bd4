import type { Answer, EvaluationPart, Fact, WorstCase } from '../data.ts';
import {
  askedText,
  evidenceOf,
  type Fields,
  fieldsOf,
  listOf,
  numberOf,
  shownText,
  textOf,
  verdictOf,
} from './json.ts';
import { suitePart } from './suite.ts';

/** What an evaluation's report in the store says. */
export function evaluationPart(step: string, stored: unknown): EvaluationPart {
  const report = fieldsOf(stored);
  if (Array.isArray(report.rows)) return suitePart(step, report);
  return {
    step,
    name: textOf(report.name) ?? step,
    verdict: verdictOf(report.verdict),
    candidate: textOf(report.candidate),
    baseline: textOf(report.baseline),
    facts: factsOf(fieldsOf(report.suite), fieldsOf(report.method)),
    evidence: evidenceOf(report.evidence),
    worst: listOf(report.worstCases).map((one) => worstCase(fieldsOf(one), textOf(fieldsOf(report.suite).metric))),
  };
}

function factsOf(suite: Fields, method: Fields): Fact[] {
  const rows = numberOf(suite.rows);
  const used = numberOf(suite.used);
  const facts: (Fact | null)[] = [
    textOf(suite.cases) === null ? null : ['cases', textOf(suite.cases) ?? ''],
    used === null ? null : ['used', rows === null || rows === used ? String(used) : `${used} of ${rows}`],
    textOf(suite.digest) === null ? null : ['digest', textOf(suite.digest) ?? ''],
    textOf(suite.metric) === null ? null : ['metric', (textOf(suite.metric) ?? '').replaceAll('_', ' ')],
    numberOf(suite.margin) === null ? null : ['margin', shownText(suite.margin)],
    textOf(method.gain) === null ? null : ['difference', textOf(method.gain) ?? ''],
    textOf(method.interval) === null ? null : ['interval', textOf(method.interval) ?? ''],
    numberOf(method.confidence) === null ? null : ['confidence', `${100 * (numberOf(method.confidence) ?? 0)} %`],
    textOf(method.categories) === null ? null : ['categories', textOf(method.categories) ?? ''],
  ];
  return facts.filter((fact) => fact !== null);
}

function worstCase(one: Fields, metric: string | null): WorstCase {
  return {
    id: textOf(one.id) ?? (one.row === undefined ? '' : `row ${shownText(one.row)}`),
    category: one.category === undefined || one.category === null ? null : shownText(one.category),
    input: one.inputs === undefined ? null : askedText(one.inputs),
    expected: one.label === undefined ? null : shownText(one.label),
    old: one.baseline === null || one.baseline === undefined ? null : answerOf(one.baseline, metric),
    new: answerOf(one.candidate, metric),
  };
}

function answerOf(value: unknown, metric: string | null): Answer {
  const answer = fieldsOf(value);
  const error = textOf(answer.error);
  if (error !== null) return { text: error, scores: [], failed: true };
  const score = numberOf(answer.score);
  // Errors are kept negative, so that more is better of every score; a reader knows them as they are.
  const own = metric?.endsWith('_error') === true;
  const named = [own ? metric.replaceAll('_', ' ') : 'score', own && score !== null ? Math.abs(score) : score] as const;
  return { text: shownText(answer.prediction), scores: [named], failed: false };
}
