import type { Json } from '@sluice/sdk';
import { isUnscored, type Metric } from '../../metrics/metric.ts';
import { metricOf } from '../../metrics/table.ts';
import { judgedMetric } from './judge/judge-metric.ts';
import { invalid, type SuiteFolder } from './load-suite-folder.ts';
import { ownMetric } from './own-metric.ts';
import type { NamedMetric } from './scored-task.ts';
import type { SuiteCase } from './suite-cases.ts';
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
export function tasksOf({ path, file, cases }: SuiteFolder): SuiteTask[] {
  const problems: string[] = [];
  const byTask = Map.groupBy(cases, ({ task }) => task);
  const tasks = Object.entries(file.tasks).map(([task, { metrics }]): SuiteTask => {
    const own = byTask.get(task) ?? [];
    const made = metrics.flatMap((settings, i): SuiteTaskMetric[] => {
      try {
        return [{ name: settings.as ?? settings.name, metric: madeOf(settings), settings }];
      } catch (error) {
        problems.push(`tasks.${task}.metrics.${i}: ${(error as Error).message}`);
        return [];
      }
    });
    // What a program makes of a case is not known before it runs.
    const direct = made.filter(
      ({ settings }) => settings.command === null && settings.extract === null && settings.judge === null,
    );
    problems.push(...direct.flatMap((one) => unfit(one, own)));
    return { task, cases: own, metrics: made };
  });
  if (problems.length > 0) throw invalid(path, problems);
  return tasks;
}

function madeOf(settings: SuiteMetric): Metric {
  const { name, as, judge, command, options } = settings;
  if (judge !== null) return judgedMetric(as ?? name, judge);
  return command === null ? metricOf(name, options) : ownMetric(settings);
}

/** The cases of which no answer could be right: told by answering what is expected. */
function unfit({ name, metric }: NamedMetric, cases: readonly SuiteCase[]): string[] {
  const problems: string[] = [];
  for (const { id, task, expected } of cases) {
    const answered = { expected, answer: expected as Json, latencyMs: 0 };
    const found = metric.of === 'case' ? metric.score(answered) : metric.part(answered);
    if (isUnscored(found) && found.blame === 'expected') {
      problems.push(`the case ${id} of ${task}: ${name} cannot score what is expected: ${found.problem}`);
    }
  }
  return problems;
}
