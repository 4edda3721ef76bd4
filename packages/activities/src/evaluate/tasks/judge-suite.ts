import { type Verdict, worstOf } from '@sluice/sdk';
import type { Metric } from '../../metrics/metric.ts';
import type { Interval, SuiteRow } from '../suite-report.ts';
import { holm } from './holm.ts';
import { type Inference, TAIL } from './inference.ts';
import { type Measured, measure, type Own } from './judge-metric.ts';
import { MIN_UNITS } from './mean-inference.ts';
import type { NamedMetric, ScoredTask } from './scored-task.ts';
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

interface Draft {
  readonly task: string;
  readonly category: string | null;
  readonly name: string;
  readonly metric: Metric;
  readonly margin: number | null;
  /** Given for this category: it has to be decided. */
  readonly explicit: boolean;
  readonly least: number | null;
  readonly most: number | null;
  readonly measured: Measured;
}

/** The comparisons that could fail a gate, of which Holm's method keeps the chance of any false alarm. */
interface Tests {
  readonly margin: number | null;
  readonly least: number | null;
  readonly most: number | null;
}

/** Every row of a suite: by task and metric the whole, then its categories by name. */
export async function judgeSuite(
  tasks: readonly TaskToJudge[],
  options: JudgeSuiteOptions,
): Promise<{ readonly rows: SuiteRow[]; readonly comparisons: number }> {
  const drafts: Draft[] = [];
  for (const task of tasks) for (const metric of task.metrics) drafts.push(...(await draftsOf(task, metric, options)));
  const tests = drafts.map((draft) => testsOf(draft, options));
  const flat = holm(tests.flatMap(({ margin, least, most }) => [margin, least, most]));
  const rows: SuiteRow[] = [];
  for (const [i, draft] of drafts.entries()) {
    const adjusted = { margin: flat[3 * i] ?? null, least: flat[3 * i + 1] ?? null, most: flat[3 * i + 2] ?? null };
    rows.push(await rowOf(draft, adjusted, options));
  }
  return { rows, comparisons: flat.filter((p) => p !== null).length };
}

async function draftsOf(
  { task, cases, candidate, baseline }: TaskToJudge,
  { name, metric, settings }: TaskToJudge['metrics'][number],
  { rounds, seed, onSlice }: JudgeSuiteOptions,
): Promise<Draft[]> {
  const mine = candidate.metrics.get(name);
  const theirs = baseline?.metrics.get(name) ?? null;
  if (mine === undefined) return [];
  const clusters = cases.map(({ cluster }) => cluster);
  const draft = async (category: string | null, places: readonly number[]): Promise<Draft> => {
    const given = category === null ? undefined : settings.margins[category];
    const margin = given ?? settings.margin;
    const [least, most] = category === null ? [settings.least, settings.most] : [null, null];
    const measured = await measure({
      metric,
      places,
      candidate: mine,
      baseline: theirs,
      clusters,
      margin,
      worst: settings.worst,
      bounded: least !== null || most !== null,
      rounds,
      seed: `${seed}/${task}/${name}/${category ?? ''}`,
      onSlice,
    });
    return { task, category, name, metric, margin, explicit: given !== undefined, least, most, measured };
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
  const judged = await against(draft, p.margin, options);
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
  const notes = [problem?.note, judged?.note, bounds.note, ...tellings(draft)].filter((note) => note !== undefined);
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

interface Finding {
  readonly verdict: Verdict;
  /** It would fail if it were the only comparison: undecided, but not to be passed over. */
  readonly suspect?: boolean;
  readonly needed: number | null;
  readonly note?: string;
}

/** Against the baseline; null where the suite asks for nothing of the kind, or there is no baseline. */
async function against(
  { measured, margin, metric }: Draft,
  p: number | null,
  { sameModel }: JudgeSuiteOptions,
): Promise<Finding | null> {
  const { gain, problem, baseline } = measured;
  if (margin === null) return null;
  if (problem !== null) return { verdict: problem.verdict, needed: null };
  if (baseline === null && gain === null) return null;
  if (sameModel) return { verdict: 'pass', needed: null, note: 'the candidate is the baseline, byte for byte' };
  if (gain === null || p === null) return { verdict: 'inconclusive', needed: null };
  const found = sided(gain, -margin, p);
  if (found !== 'inconclusive') {
    if (!openEnded(metric) || enough(measured)) return { verdict: found, needed: null };
    return { verdict: 'inconclusive', needed: MIN_UNITS, note: `fewer than ${MIN_UNITS} cases` };
  }
  return { ...(await tooFew(gain, -margin, measured.n)), suspect: gain.below(-margin) < TAIL };
}

/** The metric itself, against the bounds that the suite gives. */
async function bounded({ measured, least, most }: Draft, p: Tests): Promise<Finding> {
  const { own, problem, n } = measured;
  if (least === null && most === null) return { verdict: 'pass', needed: null };
  if (own === null) return { verdict: problem?.verdict ?? 'inconclusive', needed: null };
  const findings: Finding[] = [];
  for (const [at, found, adjusted] of [
    [least, own.least, p.least],
    [most === null ? null : -most, own.most, p.most],
  ] as const) {
    if (at === null || adjusted === null) continue;
    const verdict = sided(found, at, adjusted);
    findings.push(verdict === 'inconclusive' ? await tooFew(found, at, n) : { verdict, needed: null });
  }
  const verdict = worstOf(findings.map((one) => one.verdict));
  return findings.find((one) => one.verdict === verdict) ?? { verdict, needed: null };
}

/** Above `at`, for all but {@link TAIL}; below it, by a p that is adjusted for all comparisons; or neither. */
function sided(found: Inference, at: number, adjusted: number): Verdict {
  if (found.above(at) < TAIL) return 'pass';
  return adjusted < TAIL ? 'fail' : 'inconclusive';
}

/** Each end is that of the test which it decides, where only one does. */
function ownInterval(own: Own, { least, most }: Draft): Interval {
  const ofMost = flipped(own.most.interval);
  if (most === null) return own.least.interval;
  return least === null ? ofMost : [own.least.interval[0], ofMost[1]];
}

async function tooFew(found: Inference, at: number, n: number): Promise<Finding> {
  const needed = await found.needed(at);
  if (needed === null) {
    return { verdict: 'inconclusive', needed, note: 'too close to the bound for any number of cases to tell' };
  }
  if (needed <= n) {
    const note = 'it would be worse if it stood alone; among so many comparisons that may be chance';
    return { verdict: 'inconclusive', needed: null, note };
  }
  const note = `too few cases to tell: about ${roundedUp(needed - n)} more like these would do`;
  return { verdict: 'inconclusive', needed, note };
}

function openEnded({ range: [low, high] }: Metric): boolean {
  return low === null || high === null;
}

function enough({ n, clusters }: Measured): boolean {
  return (clusters ?? n) >= MIN_UNITS;
}

function tellings({ measured, category, metric }: Draft): string[] {
  if (category === null || measured.candidate === null || measured.baseline === null) return [];
  const lost =
    metric.better === 'higher' ? measured.baseline - measured.candidate : measured.candidate - measured.baseline;
  if (!(lost > 0)) return [];
  return [
    `worse by ${short(lost)} over ${measured.n} cases (${short(measured.baseline)} → ${short(measured.candidate)})`,
  ];
}

function flipped([low, high]: Interval): Interval {
  return [high === null ? null : 0 - high, low === null ? null : 0 - low];
}

/** Up to two digits that count, never down: 368 is 370. */
function roundedUp(count: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return (Math.ceil(count / unit) * unit).toLocaleString('en');
}

export function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
