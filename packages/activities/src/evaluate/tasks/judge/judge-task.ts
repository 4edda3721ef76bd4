import type { Digest } from '@sluice/sdk';
import type { ActivityContext } from '../../../context.ts';
import type { ActivityScope } from '../../../serving/activity-scope.ts';
import type { SuiteJudge } from '../../suite-report.ts';
import type { AnswerFolder, ModelAnswers } from '../answers.ts';
import type { TaskToJudge } from '../judge-suite.ts';
import type { MetricScores, ScoredTask } from '../scored-task.ts';
import type { SuiteTask } from '../suite-metrics.ts';
import { httpJudge } from './http-judge.ts';
import { type JudgeAddress, judgeAddress } from './judge-address.ts';
import { judgeAnswers } from './judge-answers.ts';
import type { JudgeSettings } from './judge-settings.ts';

export interface JudgeTaskOptions {
  readonly context: ActivityContext;
  readonly folder: AnswerFolder;
  readonly candidate: ModelAnswers;
  /** Null: there is nothing to compare with, or no need to. */
  readonly baseline: ModelAnswers | null;
  readonly models: readonly (Digest | null)[];
  readonly seed: number;
  readonly scope: ActivityScope;
}

/** Where every judge of a suite is asked. @throws SluiceError `InvalidStep` before anything is, where one cannot be */
export function judgeAddresses(tasks: readonly SuiteTask[], where: string): ReadonlyMap<JudgeSettings, JudgeAddress> {
  const judges = tasks.flatMap(({ metrics }) => metrics.flatMap(({ settings: { judge } }) => judge ?? []));
  return new Map(judges.map((judge) => [judge, judgeAddress(judge, where)]));
}

/** A task with what its judges say, where it has any: one after the other. */
export async function withJudges(
  task: TaskToJudge,
  addresses: ReadonlyMap<JudgeSettings, JudgeAddress>,
  options: JudgeTaskOptions,
): Promise<{ readonly task: TaskToJudge; readonly judges: readonly SuiteJudge[] }> {
  const { context, folder, candidate, baseline, models, seed, scope } = options;
  const judges: SuiteJudge[] = [];
  const [mine, theirs] = [new Map<string, MetricScores>(), new Map<string, MetricScores>()];
  for (const { name, settings } of task.metrics) {
    const { judge } = settings;
    if (judge === null) continue;
    const address = addresses.get(judge);
    if (baseline === null || address === undefined) {
      const nothing = unasked(task.cases.length);
      mine.set(name, nothing);
      theirs.set(name, nothing);
      continue;
    }
    const found = await judgeAnswers({
      context,
      task: task.task,
      name,
      settings: judge,
      address,
      judge: httpJudge(address, judge, scope),
      cases: task.cases,
      candidate: candidate.get,
      baseline: baseline.get,
      votes: folder.of(JSON.stringify(['votes', task.task, name, ...models])),
      seed,
      scope,
    });
    mine.set(name, found.candidate);
    theirs.set(name, found.baseline);
    judges.push(found.facts);
  }
  const joined = (scored: ScoredTask, more: ReadonlyMap<string, MetricScores>): ScoredTask => ({
    ...scored,
    metrics: new Map([...scored.metrics, ...more]),
  });
  const both = {
    candidate: joined(task.candidate, mine),
    baseline: task.baseline === null ? null : joined(task.baseline, theirs),
  };
  return { task: { ...task, ...both }, judges };
}

function unasked(cases: number): MetricScores {
  const parts = Array.from({ length: cases }, () => null);
  return { parts, unscored: 0, example: null, note: null, broken: null, byJudge: true };
}
