import type { Report } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import type { ActivityScope } from '../../serving/activity-scope.ts';
import { onDisk } from '../../store/storage-error.ts';
import type { SuiteJudge, SuiteReport } from '../suite-report.ts';
import { answerFolder, askModel, type ModelAnswers } from './answers.ts';
import { suiteBaseline } from './baseline.ts';
import { CONFIDENCE } from './inference.ts';
import { type JudgeTaskOptions, judgeAddresses, withJudges } from './judge/judge-task.ts';
import { judgeSuite, type TaskToJudge } from './judge-suite.ts';
import { loadSuiteFolder } from './load-suite-folder.ts';
import { type OwnScores, ownScores } from './own-metric.ts';
import { type ScoredTask, scoreTask } from './scored-task.ts';
import { answerCounts, suiteEvidence } from './suite-evidence.ts';
import type { SuiteInput } from './suite-input.ts';
import { type SuiteTask, tasksOf } from './suite-metrics.ts';
import { worstCases } from './worst-cases.ts';

/** Rows of evidence that travel with the verdict; the report has all. */
const ROWS = 20;

/** Runs a suite folder against the candidate and against what it is held against, and judges every task of it. */
export async function evaluateSuite(
  context: ActivityContext,
  input: SuiteInput,
  scope: ActivityScope,
): Promise<Report> {
  return onDisk(context.stateDir, () => evaluate(context, input, scope));
}

async function evaluate(context: ActivityContext, input: SuiteInput, scope: ActivityScope): Promise<Report> {
  const { ref, spec } = input;
  const suite = await loadSuiteFolder(context.root, input.folder, input.where);
  const tasks = await tasksOf(suite, () => beat(scope));
  const addresses = judgeAddresses(tasks, input.where);
  const baseline = await suiteBaseline(context, input, suite);
  const folder = await answerFolder(context, ref, suite, spec.seed);
  let mine: ModelAnswers | null = null;
  let theirs: Awaited<ReturnType<typeof baseline.answers>> | null = null;
  try {
    mine = await askModel(context, { folder, model: spec.model, endpoint: spec.endpoint, scope, who: 'candidate' });
    theirs = await baseline.answers(folder, scope);
    const judgeable: TaskToJudge[] = [];
    const judges: SuiteJudge[] = [];
    const facts = { ...baseline.facts, broken: theirs.broken };
    const sameModel = facts.kind !== 'stored' && facts.digest === spec.model.digest;
    const judging: JudgeTaskOptions = {
      context,
      folder,
      candidate: mine,
      baseline: sameModel ? null : theirs.answers,
      models: [spec.model.digest, facts.digest],
      seed: spec.seed,
      scope,
    };
    for (const task of tasks) {
      const scored = (answers: ModelAnswers) => scoreOne(context, task, answers, scope);
      const other = theirs.answers === null ? null : await scored(theirs.answers);
      const found = await withJudges({ ...task, candidate: await scored(mine), baseline: other }, addresses, judging);
      judgeable.push(found.task);
      judges.push(...found.judges);
    }
    const { rows, comparisons } = await judgeSuite(judgeable, {
      rounds: suite.file.rounds,
      seed: spec.seed,
      sameModel,
      onSlice: () => beat(scope),
    });
    const { verdict, evidence } = suiteEvidence(judgeable, rows, facts, spec.endpoint, spec.seed);
    const report: SuiteReport = {
      kind: 'evaluation',
      format: 2,
      name: spec.name,
      step: ref.step,
      endpoint: spec.endpoint,
      candidate: spec.model.digest,
      baseline: facts,
      suite: {
        path: suite.path,
        digest: suite.digest,
        version: 1,
        title: suite.file.title ?? null,
        protocol: suite.file.protocol.kind,
        cases: suite.cases.length,
        tasks: tasks.map(({ task, cases }) => ({
          name: task,
          cases: cases.length,
          categories: new Set(cases.map(({ category }) => category)).size,
        })),
      },
      method: {
        confidence: CONFIDENCE,
        seed: spec.seed,
        rounds: suite.file.rounds,
        comparisons,
        notes: judges.length === 0 ? notes : [...notes, byJudge],
      },
      verdict,
      evidence,
      rows,
      answers: judgeable.map(answerCounts),
      ...(judges.length === 0 ? {} : { judges }),
      worstCases: await worstCases(judgeable, mine.get, theirs.answers?.get ?? null),
      candidateAnswers: await mine.store(suite.cases),
    };
    const stored = await context.store.putText(`${JSON.stringify(report, null, 1)}\n`, 'report');
    await folder.remove();
    return {
      name: spec.name,
      verdict,
      evidence: evidence.slice(0, ROWS),
      report: stored,
      candidate: spec.model.digest,
      ...(facts.kind === 'production' ? { baseline: facts.digest } : {}),
      step: ref.step,
    };
  } finally {
    await mine?.close();
    await theirs?.answers?.close();
    await folder.close();
  }
}

const notes = [
  'A gain is what the candidate has more than the baseline where higher is better, and less where lower is.',
  'Pass: the whole interval of the gain is above −margin. Fail: below it, by a p that Holm’s method adjusts for every comparison of the suite.',
  'Means: Gaffke’s bound for values that end where the metric’s range or `worst` says. Clusters are drawn as a whole.',
  'Metrics over all cases at once: percentiles over resampled cases, the same for both models.',
  'A case without an answer has the worst score that the metric knows; where it knows none, it does not count for it.',
];

const byJudge =
  'A judge’s score: the share of votes for an answer, where it stood in front and where it stood behind with half of the weight each. Answers that are the same tie; a case with too few votes does not count.';

async function scoreOne(
  context: ActivityContext,
  { cases, metrics }: SuiteTask,
  answers: ModelAnswers,
  scope: ActivityScope,
): Promise<ScoredTask> {
  const own = new Map<string, OwnScores>();
  // A judge compares two models' answers: that comes after.
  const scoring = metrics.filter(({ settings }) => settings.judge === null);
  for (const { name, settings } of scoring) {
    const said = await ownScores(settings, { context, cases, reply: answers.get, signal: scope.signal });
    if (said !== null) own.set(name, said);
  }
  return scoreTask(cases, scoring, answers.get, () => beat(scope), own);
}

function beat(scope: ActivityScope): void {
  scope.signal.throwIfAborted();
  scope.heartbeat();
}
