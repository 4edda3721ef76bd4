import { isUnscored, type Metric } from '../../metrics/metric.ts';
import { metricOf } from '../../metrics/table.ts';
import { turns } from '../../statistics/turns.ts';
import { judgedMetric } from './judge/judge-metric.ts';
import { invalid, type SuiteFolder } from './load-suite-folder.ts';
import { ownMetric } from './own-metric.ts';
import type { NamedMetric } from './scored-task.ts';
import { type SuiteCase, TOLD } from './suite-cases.ts';
import type { SuiteMetric } from './suite-file.ts';

export type SuiteTaskMetric = NamedMetric & { readonly settings: SuiteMetric };

export interface SuiteTask {
  readonly task: string;
  readonly cases: readonly SuiteCase[];
  readonly metrics: readonly SuiteTaskMetric[];
}

/**
 * The metrics that a suite names, by task, and a look whether what each case expects is something they can score: before
 * any model is started.
 *
 * @throws SluiceError `InvalidStep` with every problem at once
 */
export async function tasksOf({ path, file, cases }: SuiteFolder, onSlice?: () => void): Promise<SuiteTask[]> {
  const turn = turns(onSlice);
  const problems: string[] = [];
  const byTask = Map.groupBy(cases, ({ task }) => task);
  const tasks: SuiteTask[] = [];
  for (const [task, { metrics }] of Object.entries(file.tasks)) {
    const own = byTask.get(task) ?? [];
    const made = metrics.flatMap((settings, i): SuiteTaskMetric[] => {
      try {
        const metric = madeOf(settings);
        problems.push(...beyondRange(metric, settings).map((problem) => `tasks.${task}.metrics.${i}.${problem}`));
        return [{ name: settings.as ?? settings.name, metric, settings }];
      } catch (error) {
        problems.push(`tasks.${task}.metrics.${i}: ${(error as Error).message}`);
        return [];
      }
    });
    // What a program makes of a case is not known before it runs.
    const direct = made.filter(
      ({ settings }) => settings.command === null && settings.extract === null && settings.judge === null,
    );
    for (const one of direct) problems.push(...(await unfit(one, own, turn)));
    tasks.push({ task, cases: own, metrics: made });
  }
  if (problems.length > 0) throw invalid(path, problems);
  return tasks;
}

function madeOf(settings: SuiteMetric): Metric {
  const { name, as, judge, command, options } = settings;
  if (judge !== null) return judgedMetric(as ?? name, judge);
  return command === null ? metricOf(name, options) : ownMetric(settings);
}

/** What no score can reach: a margin that every candidate keeps, a bound that none or every one does. BLEU is of 100, ROUGE of 1. */
function beyondRange({ range: [low, high] }: Metric, { margin, margins, least, most }: SuiteMetric): string[] {
  const from = low ?? Number.NEGATIVE_INFINITY;
  const to = high ?? Number.POSITIVE_INFINITY;
  const within = `the metric lies between ${low ?? '−∞'} and ${high ?? '∞'}`;
  const wide = ([path, value]: readonly [string, number | null]) =>
    value !== null && value >= to - from ? [`${path}: ${value} is as wide as all there is; ${within}`] : [];
  const outside = ([path, value]: readonly [string, number | null]) =>
    value !== null && (value < from || value > to) ? [`${path}: ${value} is out of reach; ${within}`] : [];
  const ofCategories = Object.entries(margins).map(([category, value]) => [`margins.${category}`, value] as const);
  return [
    ...[['margin', margin] as const, ...ofCategories].flatMap(wide),
    ...(
      [
        ['least', least],
        ['most', most],
      ] as const
    ).flatMap(outside),
  ];
}

/** The cases of which no answer could be right: told by answering what is expected, or of texts nothing, which takes no time. */
async function unfit(
  { name, metric }: NamedMetric,
  cases: readonly SuiteCase[],
  turn: () => Promise<void>,
): Promise<string[]> {
  const problems: string[] = [];
  for (const { id, task, expected } of cases) {
    if (problems.length >= TOLD) break;
    await turn();
    const [first] = Array.isArray(expected) ? expected : [expected];
    const answered = { expected, answer: typeof first === 'string' ? '' : expected, latencyMs: 0 };
    const found = metric.of === 'case' ? metric.score(answered) : metric.part(answered);
    if (isUnscored(found) && found.blame === 'expected') {
      problems.push(`the case ${id} of ${task}: ${name} cannot score what is expected: ${found.problem}`);
    }
  }
  return problems;
}
