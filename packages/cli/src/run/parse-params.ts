import { readFile } from 'node:fs/promises';
import { UsageError } from '../errors.ts';

/** Parameters by name, as they come out of JSON. */
export type Tree = { [key: string]: unknown };

/**
 * Parameters of a run: the files first, then each `--param name=value` over them. A value that is JSON is taken as
 * such, anything else is text; dots in a name reach into objects (`model.depth=3`).
 *
 * @throws SluiceError `Usage`
 */
export async function parseParamFlags(pairs: readonly string[], files: readonly string[] = []): Promise<Tree> {
  const params: Tree = {};
  for (const file of files) merge(params, await readParams(file));
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--param ${pair} is not name=value.`, 'For example: --param epochs=5');
    setPath(params, pair.slice(0, at).split('.'), parseValue(pair.slice(at + 1)), pair);
  }
  return params;
}

/** JSON where it is JSON, text where it is not: `3` is a number, `EWR` and `2013-10-01` are texts. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (!/^\s*[[{"]/.test(text)) return text;
    throw new UsageError(
      `${text} is neither JSON nor plain text.`,
      `Quote it for the shell: --param 'airports=["EWR"]'`,
    );
  }
}

async function readParams(file: string): Promise<Tree> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `--params ${file} cannot be read: ${(error as Error).message}`,
      'Give the path of a JSON file.',
    );
  }
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (isTree(value)) return value;
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`, 'Parameters are one JSON object.');
  }
  throw new UsageError(`${file} holds no JSON object.`, 'Parameters are one JSON object: { "epochs": 5 }');
}

/** Sets what a name with dots stands for. `pair` is for messages. @throws SluiceError `Usage` */
export function setPath(tree: Tree, path: readonly string[], value: unknown, pair: string): void {
  const [head = '', ...rest] = path;
  if (path.some((part) => part === '' || part === '__proto__')) {
    throw new UsageError(
      `--param ${pair} has an empty or forbidden part in its name.`,
      'Put names between the dots: --param model.depth=3',
    );
  }
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const inner = Object.hasOwn(tree, head) ? tree[head] : {};
  if (!isTree(inner)) {
    throw new UsageError(
      `--param ${pair} reaches into ${head}, which is set to a plain value.`,
      `Give ${head} one value, or parts of it only.`,
    );
  }
  tree[head] = inner;
  setPath(inner, rest, value, pair);
}

/** Objects are put together, anything else is replaced. */
export function merge(into: Tree, from: Tree): void {
  for (const [key, value] of Object.entries(from)) {
    if (key === '__proto__') continue;
    const former = into[key];
    if (isTree(former) && isTree(value)) merge(former, value);
    else into[key] = value;
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
