import { readFile } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import { parseValue, setPath, type Tree } from './parse-params.ts';

/** One set of parameters out of a file of many. */
export interface ParamSet {
  /** Line of the file that it stands on, or begins on; from 1. */
  readonly line: number;
  readonly params: Tree;
}

/** More than this in one file is a slip: Temporal would be asked for days. */
const MOST = 100_000;

/**
 * Reads a file of parameter sets: JSON lines, a JSON array, or a CSV whose first line names the parameters (dots reach
 * into objects, an empty cell leaves a parameter out).
 *
 * @throws SluiceError `Usage`, with the line
 */
export async function readSets(file: string): Promise<ParamSet[]> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    throw new UsageError(
      `--each ${file} cannot be read: ${(error as Error).message}`,
      'Give the path of a JSON or CSV file.',
    );
  }
  const sets = parseSets(text, file);
  if (sets.length === 0)
    throw new UsageError(`${file} holds no set of parameters.`, 'Write one JSON object a line, or a CSV.');
  if (sets.length > MOST)
    throw new UsageError(`${file} holds ${sets.length} sets of parameters.`, `Give ${MOST} at most.`);
  return sets;
}

/** @param file for messages */
export function parseSets(text: string, file: string): ParamSet[] {
  const start = text.trimStart()[0];
  if (start === '[') return parseArray(text, file);
  return start === '{' ? parseLines(text, file) : parseCsv(text, file);
}

function parseArray(text: string, file: string): ParamSet[] {
  const values = parsed(text, file, 1);
  if (!Array.isArray(values)) throw new UsageError(`${file} is no list.`);
  // A list on one line has its sets in an order, and no lines: they are counted.
  return values.map((value, index) => ({ line: index + 1, params: object(value, `set ${index + 1} of ${file}`) }));
}

function parseLines(text: string, file: string): ParamSet[] {
  return text.split('\n').flatMap((content, index) => {
    if (content.trim() === '') return [];
    const line = index + 1;
    return [{ line, params: object(parsed(content, file, line), `line ${line} of ${file}`) }];
  });
}

function parseCsv(text: string, file: string): ParamSet[] {
  const [head, ...records] = csvRecords(text, file);
  if (head === undefined) return [];
  const names = head.cells.map((name) => name.trim());
  const empty = names.indexOf('');
  if (empty >= 0)
    throw new UsageError(`Column ${empty + 1} of ${file} has no name.`, 'The first line names the parameters.');
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new UsageError(`${file} has two columns "${twice}".`, 'The first line names the parameters.');
  return records.map(({ line, cells }) => {
    if (cells.length !== names.length) {
      throw new UsageError(
        `Line ${line} of ${file} has ${cells.length} cells, and its first line ${names.length}.`,
        'Quote a cell that holds a comma: "a, b".',
      );
    }
    const params: Tree = {};
    for (const [index, cell] of cells.entries()) {
      const name = names[index] ?? '';
      if (cell !== '') setPath(params, name.split('.'), parseValue(cell), `${name}=${cell} (line ${line})`);
    }
    return { line, params };
  });
}

/** Cells of a CSV as RFC 4180 has them; a quoted cell may hold commas, quotes and line ends. */
function csvRecords(text: string, file: string): { readonly line: number; readonly cells: string[] }[] {
  const records: { line: number; cells: string[] }[] = [];
  let [cells, cell, line, begun, quoted, open]: [string[], string, number, number, boolean, boolean] = [
    [],
    '',
    1,
    1,
    false,
    false,
  ];
  const end = () => {
    if (cells.length > 0 || cell.trim() !== '' || quoted)
      records.push({ line: begun, cells: [...cells, quoted ? cell : cell.trim()] });
    [cells, cell, quoted, begun] = [[], '', false, line];
  };
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '\n') line++;
    if (open) {
      if (character !== '"') cell += character;
      else if (text[index + 1] === '"') cell += text[++index];
      else open = false;
    } else if (character === '"' && cell.trim() === '') [cell, quoted, open] = ['', true, true];
    else if (character === ',') {
      cells.push(quoted ? cell : cell.trim());
      [cell, quoted] = ['', false];
    } else if (character === '\n') end();
    else if (!quoted) cell += character;
  }
  if (open)
    throw new UsageError(
      `A quoted cell of ${file} does not end: it begins on line ${begun}.`,
      'Close it by ", and double a quote inside of it.',
    );
  end();
  return records;
}

function parsed(text: string, file: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `Line ${line} of ${file} is not JSON: ${(error as Error).message}`,
      'Write one JSON object a line, a JSON list of them, or a CSV.',
    );
  }
}

function object(value: unknown, where: string): Tree {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Tree;
  throw new UsageError(`The ${where} is no JSON object.`, 'A set of parameters is one: { "epochs": 5 }');
}
