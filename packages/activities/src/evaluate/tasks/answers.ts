import { createHash } from 'node:crypto';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import { canonical } from '../../job/inputs/digests.ts';
import { forgetOld } from '../../partial/local-parts.ts';
import { movedOf, openPartialResults } from '../../partial/partial-results.ts';
import type { ActivityScope } from '../../serving/activity-scope.ts';
import { type AnswerLog, type LogFiles, openAnswerLog } from './answer-log.ts';
import { startAnswerer } from './answerer.ts';
import { askAll } from './ask-all.ts';
import type { SuiteFolder } from './load-suite-folder.ts';
import type { Reply } from './reply.ts';
import { storeLines } from './store-lines.ts';
import type { SuiteCase } from './suite-cases.ts';

/** All that one model answered. */
export interface ModelAnswers {
  readonly get: (id: string) => Promise<Reply | null>;
  /** Stores every answer as JSON lines, in the order of the cases. */
  store(cases: readonly SuiteCase[]): Promise<Artifact>;
  close(): Promise<void>;
}

/** Where a step keeps its answers while it is under way. */
export interface AnswerFolder {
  readonly suite: SuiteFolder;
  /** Of one model's answers, from the attempts before this one and from this one. */
  of(model: string): LogFiles;
  /** Removes them all: the report has been stored. */
  remove(): Promise<void>;
  /** Leaves them to the next attempt. */
  close(): Promise<void>;
}

/** Milliseconds after which what a step left that nobody goes on with is removed. */
const FORGOTTEN = 14 * 24 * 3_600_000;

/** A step's answers by one suite (its protocols are part of it) and seed. */
export async function answerFolder(
  { stateDir, store }: Pick<ActivityContext, 'stateDir' | 'store'>,
  step: { readonly workflowId: string; readonly step: string },
  suite: SuiteFolder,
  seed: number,
): Promise<AnswerFolder> {
  const all = join(stateDir, 'evaluations');
  await forgetOld(all, FORGOTTEN);
  const own = join(all, hashed([step.workflowId, step.step]));
  const work = hashed([suite.digest, seed]);
  const results = await openPartialResults({ folder: join(own, work), work, moved: movedOf(store, step) });
  return {
    suite,
    of(model) {
      const label = hashed([model]);
      return { found: results.found.filter((part) => part.label === label), own: results.own(label) };
    },
    async remove() {
      await results.finish();
      await rmdir(own).catch(() => {}); // there may be answers of the suite as it was before
    },
    close: results.close,
  };
}

export interface AskedModel {
  readonly folder: AnswerFolder;
  readonly model: Pick<Artifact, 'uri' | 'digest'>;
  readonly endpoint: string;
  readonly scope: ActivityScope;
  /** For heartbeats. */
  readonly who: string;
}

/**
 * Every answer of a model: those that an attempt before this one left, and the others asked now.
 *
 * @throws SluiceError what starting its server or program throws
 */
export async function askModel(context: ActivityContext, asked: AskedModel): Promise<ModelAnswers> {
  const { folder, model, endpoint, scope, who } = asked;
  const { file, cases } = folder.suite;
  const log = await openAnswerLog(folder.of(model.digest));
  try {
    let passing: ReadonlyMap<string, Reply> = new Map();
    const tasks = new Set(cases.filter(({ id }) => !log.has(id)).map(({ task }) => task));
    if (tasks.size > 0) {
      const answerer = await startAnswerer({ context, endpoint, model, scope, file, tasks });
      try {
        const { concurrency, retries } = file;
        passing = await askAll(cases, answerer, log, { concurrency, retries, scope, who });
      } finally {
        await answerer.stop();
      }
    }
    return answersOf(context, log, passing);
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** Answers that lie in a log, and those that are not kept. */
export function answersOf(
  context: Pick<ActivityContext, 'stateDir' | 'store'>,
  log: AnswerLog,
  passing: ReadonlyMap<string, Reply> = new Map(),
): ModelAnswers {
  const get = async (id: string) => passing.get(id) ?? (await log.get(id));
  return { get, store: (cases) => storeLines(context, 'answers.jsonl', linesOf(cases, get)), close: () => log.close() };
}

async function* linesOf(cases: readonly SuiteCase[], get: ModelAnswers['get']): AsyncGenerator<object> {
  for (const { id } of cases) {
    const reply = await get(id);
    if (reply !== null) yield { id, ...reply };
  }
}

function hashed(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(canonical(parts)).digest('hex').slice(0, 32);
}
