import { readFile } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { type Dataset, ErrorCode, SluiceError, type Suite, type SuiteOptions, suiteOf } from '@sluice/sdk';

const metrics: readonly Suite['metric'][] = ['correct', 'absolute_error', 'squared_error'];
const fields = ['cases', 'label', 'category', 'inputs', 'metric', 'margin', 'worst', 'limit'];

/**
 * A suite as a step gives it: itself, or the file it names (`eval/holdout` or `eval/holdout.json`).
 *
 * @throws SluiceError `NotFound` for a missing file, `InvalidStep` with every problem of a file at once.
 */
export async function loadSuite(root: string, suite: Suite | string, where: string): Promise<Suite> {
  if (typeof suite !== 'string') return suite;
  const { text, path } = await readSuite(root, suite, where);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw invalid(path, [`not JSON: ${(cause as Error).message}`]);
  }
  const problems = problemsOf(parsed);
  if (problems.length > 0) throw invalid(path, problems);
  return suiteOf(withoutNulls(parsed as SuiteOptions), path);
}

/** An absolute path of something below the project. @throws SluiceError `InvalidStep` for a path that leaves it. */
export function belowProject(root: string, path: string, where: string): string {
  const absolute = resolve(root, path);
  const inside = relative(root, absolute);
  if (inside !== '' && !inside.startsWith('..') && !isAbsolute(inside)) return absolute;
  throw new SluiceError(ErrorCode.InvalidStep, `${JSON.stringify(path)} is not below the project.`, {
    where,
    fix: 'Give a path relative to the folder of sluice.config.ts.',
  });
}

async function readSuite(root: string, name: string, where: string): Promise<{ text: string; path: string }> {
  const tries = name.endsWith('.json') ? [name] : [`${name}.json`, name];
  for (const path of tries) {
    try {
      return { text: await readFile(belowProject(root, path, where), 'utf8'), path };
    } catch (error) {
      if (!['ENOENT', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  throw new SluiceError(ErrorCode.NotFound, `The suite ${tries.join(' or ')} does not exist.`, {
    where,
    fix: 'Write it as JSON with `cases` and `label`, or as a folder with suite.json and cases, at a path relative to the folder of sluice.config.ts.',
  });
}

function problemsOf(parsed: unknown): string[] {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return ['it must be a JSON object'];
  const suite = parsed as Record<string, unknown>;
  const problems = Object.keys(suite)
    .filter((key) => !fields.includes(key))
    .map((key) => `${key}: no such field; there are ${fields.join(', ')}`);
  const expect = (field: string, ok: boolean, what: string) => {
    if (!ok) problems.push(`${field}: expected ${what}`);
  };
  const given = (field: string) => suite[field] !== undefined && suite[field] !== null;
  expect('cases', typeof suite.cases === 'string' || isDataset(suite.cases), 'a path to a JSONL, CSV or Parquet file');
  expect('label', typeof suite.label === 'string' && suite.label !== '', 'the name of a column');
  expect('category', !given('category') || typeof suite.category === 'string', 'the name of a column');
  const { inputs, metric, margin, worst, limit } = suite;
  const names = Array.isArray(inputs) && inputs.length > 0 && inputs.every((input) => typeof input === 'string');
  expect('inputs', !given('inputs') || names, 'a list of column names');
  expect('metric', !given('metric') || metrics.includes(metric as Suite['metric']), metrics.join(', '));
  expect('margin', !given('margin') || (Number.isFinite(margin) && (margin as number) > 0), 'a number over 0');
  expect('worst', !given('worst') || (Number.isFinite(worst) && (worst as number) > 0), 'a number over the margin');
  expect('limit', !given('limit') || (Number.isInteger(limit) && (limit as number) > 0), 'a whole number over 0');
  return problems;
}

function isDataset(value: unknown): value is Dataset {
  const dataset = value as Partial<Dataset> | null;
  return typeof dataset === 'object' && typeof dataset?.uri === 'string' && typeof dataset.digest === 'string';
}

/** In a file, null says "not given". */
function withoutNulls(suite: SuiteOptions): SuiteOptions {
  return Object.fromEntries(Object.entries(suite).filter(([, value]) => value !== null)) as unknown as SuiteOptions;
}

function invalid(path: string, problems: string[]): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, `The suite file ${path} is not valid: ${problems.join('; ')}`, {
    where: path,
    fix: 'Correct the file; fields are described in docs/evaluate.md.',
    data: problems,
  });
}

export function missingCases(path: string, where: string): SluiceError {
  return new SluiceError(ErrorCode.NotFound, `The file of cases ${path} does not exist.`, {
    where,
    fix: 'Give a path relative to the folder of sluice.config.ts.',
  });
}
