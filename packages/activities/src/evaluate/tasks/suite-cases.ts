import { createReadStream } from 'node:fs';
import type { Json } from '@sluice/sdk';
import { z } from 'zod';
import { type HumanLabel, humanLabel } from './judge/human-label.ts';
import { DEEPEST, isTooDeep } from './nesting.ts';
import { problemLine } from './suite-file.ts';

/** One question of a suite. */
export interface SuiteCase {
  /** Unique in its suite. */
  readonly id: string;
  readonly task: string;
  readonly category: string;
  readonly input: Json;
  readonly expected: Json;
  /** Cases of one source are no independent evidence; null: it stands for itself. */
  readonly cluster: string | null;
  /** What people say of two other answers to it; left out where they have said nothing. */
  readonly human?: HumanLabel;
}

/** Category of a case that names none. */
export const NO_CATEGORY = '(none)';
/** Problems told of one suite; the rest is counted. */
export const TOLD = 20;
/** Most cases of a suite. */
export const MOST_CASES = 500_000;
/** Most characters of all cases together: they are held in memory. */
export const MOST_TEXT = 512 * 1024 * 1024;

const name = z.union([z.string().min(1).max(200), z.int().transform(String)]);
/** What JSON.parse has read is JSON: to look at each number of an embedding once more takes longer than reading it. */
const anything = z.custom<Json>((value) => value !== undefined, 'there is nothing');
const line = z.strictObject({
  id: name,
  task: name.optional(),
  category: name.optional(),
  input: anything,
  expected: anything,
  cluster: name.nullish(),
  human: humanLabel.optional(),
});

/** What reading gathers: problems are told all at once, and no more than {@link TOLD} of them. */
export interface Reading {
  readonly cases: SuiteCase[];
  readonly problems: string[];
  /** Where an id was seen first. */
  readonly seen: Map<string, string>;
  characters: number;
  /** Too much was wrong or too large to go on. */
  full: boolean;
}

export function newReading(): Reading {
  return { cases: [], problems: [], seen: new Map(), characters: 0, full: false };
}

/** Reads one file of JSON lines into `reading`; empty lines are none. */
export async function readCases(path: string, file: string, tasks: readonly string[], reading: Reading): Promise<void> {
  let number = 0;
  for await (const text of linesIn(path)) {
    number += 1;
    const where = `${file}:${number}`;
    if (text === null) {
      reading.problems.push(`${where}: longer than ${MOST_TEXT / 2 ** 21} million characters`);
      reading.full = true;
      return;
    }
    const bare = number === 1 ? text.replace(/^\uFEFF/, '') : text;
    if (bare.trim() !== '') readLine(bare, where, tasks, reading);
    if (reading.full) return;
  }
}

/**
 * Lines as JSON lines has them: Node's readline also ends one at U+2028, which may stand within a text. A long one is put
 * together once, when it ends; null is one that is longer than half of what a suite may hold, and nothing comes after it.
 */
async function* linesIn(path: string): AsyncGenerator<string | null> {
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of createReadStream(path, 'utf8')) {
    const [first = '', ...others] = (chunk as string).split('\n');
    parts.push(first);
    length += first.length;
    if (length > MOST_TEXT / 2) {
      yield null;
      return;
    }
    const last = others.pop();
    if (last === undefined) continue;
    yield parts.join('');
    yield* others;
    parts = [last];
    length = last.length;
  }
  if (length > 0) yield parts.join('');
}

function readLine(text: string, where: string, tasks: readonly string[], reading: Reading): void {
  const tell = (problem: string) => {
    reading.problems.push(`${where}: ${problem}`);
    reading.full = reading.problems.length >= TOLD;
  };
  reading.characters += text.length;
  if (reading.characters > MOST_TEXT || reading.cases.length >= MOST_CASES) {
    tell(`too much: a suite holds at most ${MOST_CASES} cases and ${MOST_TEXT / 1024 / 1024} million characters`);
    reading.full = true;
    return;
  }
  const raw = json(text);
  if (raw === undefined || isTooDeep(raw)) {
    tell(raw === undefined ? 'it is no JSON' : `it is nested deeper than ${DEEPEST} levels`);
    return;
  }
  const parsed = line.safeParse(raw);
  if (!parsed.success) {
    for (const issue of parsed.error.issues.slice(0, 3)) tell(problemLine(issue).replace(/^suite\.json: /, ''));
    return;
  }
  const { id, category = NO_CATEGORY, input, expected, cluster = null, human } = parsed.data;
  const task = parsed.data.task ?? (tasks.length === 1 ? tasks[0] : undefined);
  const first = reading.seen.get(id);
  if (first !== undefined) tell(`the id ${JSON.stringify(id)} stands at ${first} already`);
  else if (task === undefined)
    tell(`task: suite.json has several (${tasks.join(', ')}), so a case has to name its own`);
  else if (!tasks.includes(task)) {
    tell(`task: there is no ${JSON.stringify(task)} in suite.json, which has ${tasks.join(', ')}`);
  } else {
    // A case without a label is, to the letter, what it was before there were any: its suite's digest hangs on that.
    reading.cases.push({ id, task, category, input, expected, cluster, ...(human === undefined ? {} : { human }) });
  }
  if (first === undefined) reading.seen.set(id, where);
}

/** Undefined for what is no JSON. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
