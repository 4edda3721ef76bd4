import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Artifact, type Digest, ErrorCode, SluiceError } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import { newAttemptId } from '../../job/process/attempt-id.ts';
import type { SuiteReport } from '../suite-report.ts';
import { openAnswerLog } from './answer-log.ts';
import { answersOf, type ModelAnswers } from './answers.ts';
import type { SuiteFolder } from './load-suite-folder.ts';

/** What an earlier evaluation found of its candidate. */
export interface StoredAnswers {
  /** Of the model that was judged then. */
  readonly candidate: Digest;
  readonly step: string;
  readonly answers: Artifact;
}

/**
 * Reads the report of an earlier evaluation.
 *
 * @throws SluiceError `InvalidStep` for one of another suite, or that is none of a suite folder; `NotFound`, `Corrupt`
 */
export async function storedResult(
  { store }: Pick<ActivityContext, 'store'>,
  report: Artifact,
  suite: SuiteFolder,
  where: string,
): Promise<StoredAnswers> {
  const found = parsed(await store.getText(report));
  const wrong = (message: string, fix: string) => new SluiceError(ErrorCode.InvalidStep, message, { where, fix });
  if (found?.kind !== 'evaluation' || found.format !== 2 || found.candidateAnswers === undefined) {
    const what = `against names the report ${report.digest.slice(0, 19)}, which is of no suite folder.`;
    throw wrong(what, 'Name the report of an evaluation by the same suite folder.');
  }
  if (found.suite?.digest !== suite.digest) {
    throw wrong(
      `against names a result of the suite ${found.suite?.path} as it was at ${found.suite?.digest.slice(0, 19)}; ${suite.path} is ${suite.digest.slice(0, 19)} now.`,
      'Results compare only by the same suite and cases: evaluate that model by the suite as it is now.',
    );
  }
  const { candidate, step, candidateAnswers } = found as SuiteReport;
  return { candidate, step, answers: candidateAnswers };
}

/** The answers themselves, as a model's. */
export async function storedAnswers(
  context: Pick<ActivityContext, 'stateDir' | 'store'>,
  answers: Artifact,
): Promise<ModelAnswers> {
  const folder = join(context.stateDir, 'work', newAttemptId());
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'answers.jsonl');
    await context.store.fetch(answers, path);
    const log = await openAnswerLog({ found: [{ path, bytes: Infinity }], own: join(folder, 'own.jsonl') });
    const found = answersOf(context, log);
    return { ...found, close: () => found.close().then(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

function parsed(text: string): Partial<SuiteReport> | null {
  try {
    return JSON.parse(text) as Partial<SuiteReport> | null;
  } catch {
    return null;
  }
}
