import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, ErrorCode, type Json, SluiceError } from '@sluice/sdk';
import { canonical } from '../../job/inputs/digests.ts';
import { turns } from '../../statistics/turns.ts';
import { belowProject } from '../suite.ts';
import { labelProblem } from './judge/human-label.ts';
import { newReading, readCases, type SuiteCase, TOLD } from './suite-cases.ts';
import { problemLine, type SuiteFile, suiteFile } from './suite-file.ts';

/** A suite folder, read whole. */
export interface SuiteFolder {
  /** As the step names it. */
  readonly path: string;
  readonly file: SuiteFile;
  /** By id, so that neither the order of lines nor that of files matters. */
  readonly cases: readonly SuiteCase[];
  /** Of what suite.json says and of every case. */
  readonly digest: Digest;
}

const SETTINGS = 'suite.json';
/** Categories of one task: each is a row, a comparison and its resamples. */
const MOST_CATEGORIES = 1_000;

/**
 * The folder below the project that a step's `suite` names, if it holds a `suite.json`; null if it does not, and the
 * suite is a file of the short form.
 */
export async function suiteFolderAt(root: string, suite: unknown, where: string): Promise<string | null> {
  if (typeof suite !== 'string') return null;
  const path = suite.replace(/\/+$/, '').replace(/\/suite\.json$/, '');
  const found = await stat(join(belowProject(root, path, where), SETTINGS)).catch(() => null);
  if (!found?.isFile()) return null;
  if (!(await stat(belowProject(root, `${path}.json`, where)).catch(() => null))?.isFile()) return path;
  throw new SluiceError(ErrorCode.InvalidStep, `There are both the folder ${path} and the file ${path}.json.`, {
    where,
    fix: 'Rename one of them: a suite has one form.',
  });
}

/**
 * Reads a suite folder: `suite.json` and every `.jsonl` file beside it.
 *
 * @throws SluiceError `InvalidStep` with every problem at once, at most {@link TOLD}
 */
export async function loadSuiteFolder(root: string, path: string, where: string): Promise<SuiteFolder> {
  const folder = belowProject(root, path, where);
  const raw = parsed(await readFile(join(folder, SETTINGS), 'utf8'), path);
  const checked = suiteFile.safeParse(raw);
  if (!checked.success) throw invalid(path, checked.error.issues.map(problemLine));
  const file = checked.data;
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort();
  const reading = newReading();
  for (const name of names) {
    if (!reading.full) await readCases(join(folder, name), name, Object.keys(file.tasks), reading);
  }
  if (reading.problems.length > 0) throw invalid(path, reading.problems);
  if (reading.cases.length === 0) throw invalid(path, ['there are no cases: write them as JSON lines into *.jsonl']);
  const cases = reading.cases.sort((a, b) => (a.id < b.id ? -1 : 1));
  const problems = missing(file, cases);
  if (problems.length > 0) throw invalid(path, problems);
  return { path, file, cases, digest: await digestOf(raw as Json, cases) };
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw invalid(path, [`suite.json: not JSON: ${(cause as Error).message}`]);
  }
}

/** What suite.json speaks of and no case has, and the other way round. */
function missing(file: SuiteFile, cases: readonly SuiteCase[]): string[] {
  const unheard = cases.flatMap(({ id, task, human }) => {
    const problem = human === undefined ? null : labelProblem(human, judgesOf(file, task));
    return problem === null ? [] : [`the case ${id}: ${problem}`];
  });
  const known = new Map<string, Set<string>>();
  for (const { task, category } of cases) known.set(task, (known.get(task) ?? new Set()).add(category));
  const unspoken = Object.entries(file.tasks).flatMap(([task, { metrics }]) => {
    const categories = known.get(task);
    if (categories === undefined) return [`tasks.${task}: it has no cases`];
    if (categories.size > MOST_CATEGORIES) {
      return [
        `tasks.${task}: its cases have ${categories.size} categories, and each is judged by itself: at most ${MOST_CATEGORIES}`,
      ];
    }
    return metrics.flatMap(({ margins }, i) =>
      Object.keys(margins)
        .filter((category) => !categories.has(category))
        .map((category) => `tasks.${task}.metrics.${i}.margins.${category}: no case has this category`),
    );
  });
  return [...unspoken, ...unheard];
}

function judgesOf({ tasks }: SuiteFile, task: string): string[] {
  return (tasks[task]?.metrics ?? []).flatMap(({ judge, as, name }) => (judge === null ? [] : [as ?? name]));
}

async function digestOf(settings: Json, cases: readonly SuiteCase[]): Promise<Digest> {
  const hash = createHash('sha256').update(canonical(settings));
  const turn = turns();
  for (const { human, ...one } of cases) {
    await turn();
    hash.update('\n').update(canonical(human === undefined ? { ...one } : { ...one, human: { ...human } }));
  }
  return `sha256:${hash.digest('hex')}`;
}

export function invalid(path: string, problems: readonly string[]): SluiceError {
  const told = problems.slice(0, TOLD);
  const more = problems.length >= TOLD ? '; and maybe more' : '';
  return new SluiceError(ErrorCode.InvalidStep, `The suite ${path} is not valid: ${told.join('; ')}${more}`, {
    where: path,
    fix: 'Correct it; suite.json and the cases are described in docs/evaluate.md.',
    data: told,
  });
}
