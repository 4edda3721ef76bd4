import type { z } from 'zod';
import { didYouMean } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** One line per problem of a parsed config, `classes.gpu: expected number`, with a guess for keys that do not exist. */
export function problemsOf(schema: z.ZodType, issues: readonly Issue[]): string[] {
  return issues.flatMap((issue) => problemOf(schema, issue, []));
}

function problemOf(schema: z.ZodType, issue: Issue, prefix: readonly PropertyKey[]): string[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => `${show([...path, key])}: no such option.${didYouMean(key, known)}`);
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((inner) => `${show(path)}: ${inner.message}`);
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = [...issue.errors].sort((a, b) => rank(a) - rank(b))[0] ?? [];
    if (nearest.length > 0) return nearest.flatMap((inner) => problemOf(schema, inner, path));
  }
  return [
    `${show(path)}: ${issue.message.replace(/^Invalid input: /, '').replace(', received undefined', ', and there is nothing')}`,
  ];
}

/** The alternative a writer most likely meant has the problems that lie deepest. */
function rank(issues: readonly Issue[]): number {
  return (
    issues.length -
    10 * Math.max(0, ...issues.map(({ path, code }) => path.length + (code === 'unrecognized_keys' ? 1 : 0)))
  );
}

function show(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '(config)' : path.map(String).join('.');
}

/** Names of the options at `path`. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let open = unwrap(schema);
  for (const part of path) open = open.flatMap((one) => stepInto(one, part)).flatMap(unwrap);
  return open.flatMap((one) => Object.keys(definitionOf(one).shape ?? {}));
}

interface Definition {
  readonly type: string;
  readonly shape?: Record<string, z.ZodType>;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
}

function definitionOf(schema: z.ZodType): Definition {
  return schema.def as unknown as Definition;
}

function unwrap(schema: z.ZodType): z.ZodType[] {
  const { innerType, options } = definitionOf(schema);
  if (innerType !== undefined) return unwrap(innerType);
  if (options !== undefined) return options.flatMap(unwrap);
  return [schema];
}

function stepInto(schema: z.ZodType, part: PropertyKey): z.ZodType[] {
  const { shape, valueType, element } = definitionOf(schema);
  const next = shape?.[String(part)] ?? valueType ?? element;
  return next === undefined ? [] : [next];
}
