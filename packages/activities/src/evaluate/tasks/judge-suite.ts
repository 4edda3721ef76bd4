import { worstOf } from '@sluice/sdk';
import { holm } from '../../statistics/holm.ts';
import { turns } from '../../statistics/turns.ts';
import { MAX_UNANSWERED } from '../judge.ts';
import type { Interval, SuiteRow } from '../suite-report.ts';
import { against, bounded, type Draft, type Tests } from './findings.ts';
import { type Measured, measure, type Own } from './judge-metric.ts';
import type { MetricScores, NamedMetric, ScoredTask } from './scored-task.ts';
import type { SuiteCase } from './suite-cases.ts';
import type { SuiteMetric } from './suite-file.ts';

/** One task, scored for both. */
export interface TaskToJudge {
  readonly task: string;
  readonly cases: readonly SuiteCase[];
  readonly metrics: readonly (NamedMetric & { readonly settings: SuiteMetric })[];
  readonly candidate: ScoredTask;
  /** Null: there is nothing to compare with. */
  readonly baseline: ScoredTask | null;
}

export interface JudgeSuiteOptions {
  readonly rounds: number;
  readonly seed: number;
  /** The candidate is, byte for byte, the baseline. */
  readonly sameModel: boolean;
  readonly onSlice: () => void;
}

/** Every row of a suite: by task and metric the whole, then its categories by name. */
export async function judgeSuite(
  tasks: readonly TaskToJudge[],
  options: JudgeSuiteOptions,
): Promise<{ readonly rows: SuiteRow[]; readonly comparisons: number }> {
  const drafts: Draft[] = [];
  const turn = turns(options.onSlice);
  for (const task of tasks) {
    for (const metric of task.metrics) drafts.push(...(await draftsOf(task, metric, options, turn)));
  }
  const tests = drafts.map((draft) => testsOf(draft, options));
  const flat = holm(tests.flatMap(({ margin, least, most }) => [margin, least, most]));
  const rows: SuiteRow[] = [];
  for (const [i, draft] of drafts.entries()) {
    const adjusted = { margin: flat[3 * i] ?? null, least: flat[3 * i + 1] ?? null, most: flat[3 * i + 2] ?? null };
    rows.push(await rowOf(draft, adjusted, options));
  }
  return { rows, comparisons: flat.filter((p) => p !== null).length };
}

/** Of a judge, which only compares, where there is nothing to compare with. */
const UNCOMPARED: Measured = {
  n: 0,
  clusters: null,
  candidate: null,
  baseline: null,
  gain: null,
  own: null,
  doubt: null,
  problem: null,
};

async function draftsOf(
  { task, cases, candidate, baseline }: TaskToJudge,
  { name, metric, settings }: TaskToJudge['metrics'][number],
  { rounds, seed, onSlice }: JudgeSuiteOptions,
  turn: () => Promise<void>,
): Promise<Draft[]> {
  const mine = candidate.metrics.get(name);
  const theirs = baseline?.metrics.get(name) ?? null;
  if (mine === undefined) return [];
  const clusters = cases.map(({ cluster }) => cluster);
  // Where nothing else is compared with, it is the candidate's own.
  const unmeasured = (theirs ?? mine).unscored > MAX_UNANSWERED * cases.length;
  const draft = async (category: string | null, places: readonly number[]): Promise<Draft> => {
    // A category may be called `constructor`.
    const own = category !== null && Object.hasOwn(settings.margins, category);
    const given = own ? settings.margins[category] : undefined;
    const margin = given ?? settings.margin;
    const [least, most] = category === null ? [settings.least, settings.most] : [null, null];
    const alone = settings.judge !== null && theirs === null;
    const told = alone ? ['a judge compares answers, and there are none to compare with'] : tellingsOf(mine, theirs);
    await turn();
    const measured = alone
      ? UNCOMPARED
      : await measure({
          metric,
          places,
          candidate: mine,
          baseline: theirs,
          clusters,
          margin,
          worst: settings.worst,
          bounded: least !== null || most !== null,
          rounds: settings.rounds ?? rounds,
          seed: `${seed}/${task}/${name}/${category ?? ''}`,
          onSlice,
        });
    return {
      task,
      category,
      name,
      metric,
      margin,
      explicit: given !== undefined,
      least,
      most,
      measured,
      told: category === null ? told : [],
      unmeasured,
    };
  };
  const drafts = [await draft(null, [...cases.keys()])];
  const categories = [...Map.groupBy(cases.keys(), (i) => cases[i]?.category ?? '')];
  if (categories.length < 2) return drafts;
  for (const [category, places] of categories.sort(([a], [b]) => (a < b ? -1 : 1))) {
    drafts.push(await draft(category, places));
  }
  return drafts;
}

/** One-sided p of "it is worse than that", for each bound there is. */
function testsOf({ measured: { gain, own }, margin, least, most }: Draft, { sameModel }: JudgeSuiteOptions): Tests {
  return {
    margin: gain === null || margin === null || sameModel ? null : gain.below(-margin),
    least: own === null || least === null ? null : own.least.below(least),
    most: own === null || most === null ? null : own.most.below(-most),
  };
}

async function rowOf(draft: Draft, p: Tests, options: JudgeSuiteOptions): Promise<SuiteRow> {
  const { measured, metric, margin, category } = draft;
  const { candidate, baseline, gain, own, n, problem } = measured;
  const judged = await against(draft, p.margin, options.sameModel);
  const bounds = await bounded(draft, p);
  const threshold =
    draft.least === null && draft.most === null
      ? null
      : {
          least: draft.least,
          most: draft.most,
          interval: own === null ? null : ownInterval(own, draft),
          p: p.least === null ? p.most : Math.min(p.least, p.most ?? 1),
          verdict: bounds.verdict,
        };
  const applies = judged !== null || threshold !== null;
  const verdict = !applies
    ? problem?.verdict === 'error'
      ? 'error'
      : 'pass'
    : worstOf([judged?.verdict ?? 'pass', bounds.verdict]);
  const natural = gain === null ? null : metric.better === 'higher' ? gain.interval : flipped(gain.interval);
  const difference = candidate === null || baseline === null ? null : candidate - baseline;
  const counts = category === null || draft.explicit ? applies : verdict === 'fail' || judged?.suspect === true;
  const needed = Math.max(judged?.needed ?? 0, bounds.needed ?? 0);
  const ofBounds =
    bounds.note !== undefined && judged?.note !== undefined ? `of its bounds: ${bounds.note}` : bounds.note;
  const notes = [problem?.note, judged?.note, ofBounds, ...tellings(draft), ...draft.told].filter(
    (note) => note !== undefined,
  );
  return {
    task: draft.task,
    metric: draft.name,
    category,
    better: metric.better,
    unit: metric.unit,
    signature: metric.signature,
    n,
    clusters: measured.clusters,
    candidate,
    baseline,
    difference,
    interval: natural,
    harm: difference === null ? null : metric.better === 'higher' ? 0 - difference : difference,
    margin,
    p: p.margin,
    threshold,
    verdict,
    counts,
    needed: verdict === 'inconclusive' && needed > n ? needed - n : null,
    method: gain?.method ?? own?.least.method ?? null,
    note: notes.length === 0 ? null : notes.join('; '),
  };
}

/** Each end is that of the test which it decides, where only one does. */
function ownInterval(own: Own, { least, most }: Draft): Interval {
  const ofMost = flipped(own.most.interval);
  if (most === null) return own.least.interval;
  return least === null ? ofMost : [own.least.interval[0], ofMost[1]];
}

function tellings({ measured, category, metric }: Draft): string[] {
  if (category === null || measured.candidate === null || measured.baseline === null) return [];
  const lost =
    metric.better === 'higher' ? measured.baseline - measured.candidate : measured.candidate - measured.baseline;
  // What is lost in the tenth digit is lost by rounding.
  if (!(lost > 1e-9 * Math.abs(measured.baseline))) return [];
  return [
    `worse by ${short(lost)} over ${measured.n} cases (${short(measured.baseline)} → ${short(measured.candidate)})`,
  ];
}

/** What could not be scored, and what a reader has to know of the rest. */
function tellingsOf(candidate: MetricScores, baseline: MetricScores | null): string[] {
  const lost = (who: string, { unscored, example }: MetricScores) =>
    unscored === 0 ? [] : [`${unscored} answers of the ${who} cannot be scored, first ${example}`];
  const notes = [candidate.note, baseline?.note ?? null].filter((note) => note !== null);
  return [...lost('candidate', candidate), ...(baseline === null ? [] : lost('baseline', baseline)), ...new Set(notes)];
}

function flipped([low, high]: Interval): Interval {
  return [high === null ? null : 0 - high, low === null ? null : 0 - low];
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
