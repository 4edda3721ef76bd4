import type { Gain } from '@sluice/ui/shared';
import type { Answer, EvaluationPart, Fact, Row, WorstCase } from '../data.ts';
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

/** What the report of an evaluation by a suite folder says: metric by metric, task by task, category by category. */
export function suitePart(step: string, report: Fields): EvaluationPart {
  const suite = fieldsOf(report.suite);
  const baseline = fieldsOf(report.baseline);
  const found = listOf(report.rows).map(fieldsOf);
  const rows = found.map(rowOf);
  const told = new Set(found.map((one) => `${nameOf(one)}\n${textOf(one.category) ?? ''}`));
  // What is no metric of a task: what was not answered, and whether there was something to compare with.
  const others = evidenceOf(report.evidence).filter(({ metric, slice }) => !told.has(`${metric}\n${slice ?? ''}`));
  return {
    step,
    name: textOf(report.name) ?? step,
    verdict: verdictOf(report.verdict),
    candidate: textOf(report.candidate),
    baseline: textOf(baseline.digest),
    facts: factsOf(suite, baseline, fieldsOf(report.method), listOf(report.judges)),
    evidence: [...rows, ...others],
    worst: listOf(report.worstCases).map((one) => worstCase(fieldsOf(one))),
  };
}

/** As a gate's evidence names it. */
function nameOf({ task, metric }: Fields): string {
  return `${shownText(task)}: ${shownText(metric)}`;
}

function rowOf(one: Fields): Row {
  const unit = textOf(one.unit);
  const lower = one.better === 'lower';
  const effect = numberOf(one.difference);
  const interval = Array.isArray(one.interval) ? endsOf(one.interval) : null;
  const margin = numberOf(one.margin);
  const category = textOf(one.category);
  const { least, most } = fieldsOf(one.threshold);
  const asked = [
    margin === null ? null : lower ? `at most ${margin} more` : `at most ${margin} less`,
    numberOf(least) === null ? null : `≥ ${shownText(least)}`,
    numberOf(most) === null ? null : `≤ ${shownText(most)}`,
  ].filter((part) => part !== null);
  const needed = numberOf(one.needed);
  const note = textOf(one.note);
  const notes = [
    note,
    needed === null || note?.includes('more') ? null : `${needed} more cases would decide it`,
  ].filter((part) => part !== null);
  return {
    metric: `${nameOf(one)}${unit === null ? '' : `, ${unit}`}`,
    ...(category === null ? {} : { slice: category }),
    verdict: verdictOf(one.verdict),
    value: numberOf(one.candidate),
    baseline: numberOf(one.baseline),
    effect,
    interval,
    p: numberOf(one.p),
    n: numberOf(one.n),
    ...(asked.length === 0 ? {} : { threshold: asked.join(', ') }),
    ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
    gain: effect === null ? null : gainOf(effect, interval, margin, lower),
    counts: one.counts !== false,
  };
}

/** An end that nothing bounds is infinite. */
function endsOf([low, high]: readonly unknown[]): readonly [number, number] {
  return [numberOf(low) ?? Number.NEGATIVE_INFINITY, numberOf(high) ?? Number.POSITIVE_INFINITY];
}

function gainOf(
  effect: number,
  interval: readonly [number, number] | null,
  margin: number | null,
  lower: boolean,
): Gain {
  const sign = lower ? -1 : 1;
  const [low, high] = (interval ?? []).map((end) => sign * end).sort((a, b) => a - b);
  return {
    effect: sign * effect,
    interval: low === undefined || high === undefined ? null : [low, high],
    margin: margin === null ? null : -margin,
  };
}

function factsOf(suite: Fields, baseline: Fields, method: Fields, judges: readonly unknown[]): Fact[] {
  const tasks = listOf(suite.tasks).map((one) => {
    const { name, cases } = fieldsOf(one);
    return `${shownText(name)} (${shownText(cases)})`;
  });
  const held = [textOf(baseline.kind), textOf(baseline.name)].filter((part) => part !== null).join(' ');
  const facts: (readonly [string, string | null])[] = [
    ['suite', textOf(suite.title) ?? textOf(suite.path)],
    ['digest', textOf(suite.digest)],
    ['cases by task', tasks.length === 0 ? null : tasks.join(', ')],
    ['asked by', textOf(suite.protocol)],
    ['held against', held === '' ? null : held],
    ['confidence', numberOf(method.confidence) === null ? null : `${100 * (numberOf(method.confidence) ?? 0)} %`],
    ['comparisons', numberOf(method.comparisons) === null ? null : shownText(method.comparisons)],
    ['seed', numberOf(method.seed) === null ? null : shownText(method.seed)],
    ...judges.map((one) => ['judge', judgeFact(fieldsOf(one))] as const),
    ...listOf(method.notes).map((note, i) => [`note ${i + 1}`, shownText(note)] as const),
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

/** Who judged, and where every vote stands; how far it can be trusted is said in the metric's own row. */
function judgeFact(judge: Fields): string {
  const { usable, unusable } = fieldsOf(judge.votes);
  const { asked, answered } = fieldsOf(judge.tokens);
  const called = listOf(judge.answeredAs).map(shownText).join(', ');
  const parts = [
    `${shownText(judge.task)}: ${shownText(judge.metric)} by ${shownText(judge.model)}${called === '' ? '' : ` (${called})`}`,
    numberOf(usable) === null ? null : `${shownText(usable)} votes, ${shownText(unusable)} replies that are none`,
    numberOf(asked) === null ? null : `${shownText(asked)} tokens asked, ${shownText(answered)} answered`,
    textOf(judge.broken),
    textOf(fieldsOf(judge.record).uri) === null ? null : `all of them in ${shownText(fieldsOf(judge.record).uri)}`,
  ];
  return parts.filter((part) => part !== null).join('; ');
}

function worstCase(one: Fields): WorstCase {
  const where = [textOf(one.task), textOf(one.category)].filter((part) => part !== null);
  const scores = Object.entries(fieldsOf(one.scores));
  const side = (name: 'candidate' | 'baseline') =>
    scores.map(([metric, value]) => [metric, numberOf(fieldsOf(value)[name])] as const);
  return {
    id: shownText(one.id),
    category: where.length === 0 ? null : where.join(', '),
    input: one.input === undefined || one.input === null ? null : askedText(one.input),
    expected: one.expected === undefined || one.expected === null ? null : askedText(one.expected),
    old:
      one.baseline === null || one.baseline === undefined ? null : answerOf(fieldsOf(one.baseline), side('baseline')),
    new: answerOf(fieldsOf(one.candidate), side('candidate')),
  };
}

function answerOf(answer: Fields, scores: Answer['scores']): Answer {
  const error = textOf(answer.error);
  return error === null
    ? { text: askedText(answer.answer), scores, failed: false }
    : { text: error, scores: [], failed: true };
}
