import type { StandardSchema } from './standard-schema.ts';

/** A parameter that was given and is not taken up. */
export interface UnknownParam {
  /** `model.dept`, `cities.2.nmae`. */
  readonly path: string;
  readonly name: string;
  /** Names that are taken beside it, as far as the schema lets them be seen. */
  readonly known: readonly string[];
}

/** Parameters that are looked into one by one; of more, the first say enough. */
const MOST = 20;

/** What no schema means by a value: whoever takes the parameter up refuses it, or gives something else for it. */
const nonsense = Object.freeze({ '~sluice.nonsense': true });

/**
 * Parameters that a schema leaves out without a word, as zod's plain objects do: a wrong name would start a run with
 * defaults. Any Standard Schema: a name that its output lacks is suspect, for a schema may rename; so it is given once
 * more with nonsense in its place, and is unknown when that changes nothing at all.
 *
 * @param output what the schema made of `input`
 */
export async function unknownParams(
  schema: StandardSchema<unknown, unknown>,
  input: unknown,
  output: unknown,
): Promise<UnknownParam[]> {
  const unknown: UnknownParam[] = [];
  for (const path of missing(input, output, []).slice(0, MOST)) {
    if (!(await isIgnored(schema, input, output, path))) continue;
    const name = path.at(-1) ?? '';
    const around = path.slice(0, -1);
    const beside = Object.keys((at(output, around) as object | undefined) ?? {});
    const known = [...new Set([...beside, ...namesIn(schema, around)])];
    unknown.push({ path: path.join('.'), name, known });
  }
  return unknown;
}

type Path = readonly string[];

/** Paths that the input has and the output lacks, where both are objects or lists. */
function missing(input: unknown, output: unknown, path: Path): Path[] {
  if (Array.isArray(input) && Array.isArray(output)) {
    if (input.length !== output.length) return [];
    return input.flatMap((one, index) => missing(one, output[index], [...path, String(index)]));
  }
  if (!isPlain(input) || !isPlain(output)) return [];
  return Object.entries(input).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const here = [...path, name];
    return Object.hasOwn(output, name) ? missing(value, output[name], here) : [here];
  });
}

async function isIgnored(
  schema: StandardSchema<unknown, unknown>,
  input: unknown,
  output: unknown,
  path: Path,
): Promise<boolean> {
  try {
    const result = await schema['~standard'].validate(replaced(input, path));
    return result.issues === undefined && sameJson(result.value, output);
  } catch {
    return false; // whoever breaks on it looks at it
  }
}

/** A copy with nonsense at `path`. */
function replaced(value: unknown, [head, ...rest]: Path): unknown {
  if (head === undefined) return nonsense;
  if (Array.isArray(value)) return value.map((one, index) => (String(index) === head ? replaced(one, rest) : one));
  const object = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(object).map(([name, one]) => [name, name === head ? replaced(one, rest) : one]),
  );
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Names of optional parameters are in no output; zod's objects show them. */
function namesIn(schema: unknown, path: Path): string[] {
  const shape = shapeOf(schema);
  const [head, ...rest] = path;
  if (head === undefined) return Object.keys(shape ?? {});
  if (shape !== null) return Object.hasOwn(shape, head) ? namesIn(shape[head], rest) : [];
  return namesIn(unwrapped(schema).def?.element, rest);
}

/** The fields of a zod object; null for any other schema. */
function shapeOf(schema: unknown): Readonly<Record<string, unknown>> | null {
  const { shape } = unwrapped(schema);
  return isPlain(shape) ? shape : null;
}

/** What zod shows of a schema. */
interface Shown {
  readonly shape?: unknown;
  readonly def?: { readonly innerType?: unknown; readonly in?: unknown; readonly element?: unknown };
}

/** A schema without what zod wraps around it: defaults, optionality, transformations. */
function unwrapped(schema: unknown): Shown {
  const shown = (schema ?? {}) as Shown;
  const inner = shown.def?.innerType ?? shown.def?.in;
  return inner === undefined ? shown : unwrapped(inner);
}

function at(value: unknown, path: Path): unknown {
  return path.reduce((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], value);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
