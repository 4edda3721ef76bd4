import { closest } from './closest.ts';
import { ErrorCode, SluiceError } from './errors.ts';
import type { SchemaIssue, StandardSchema } from './standard-schema.ts';
import { type UnknownParam, unknownParams } from './unknown-params.ts';

/** One problem per line, `airports.2: expected string`; of one that is missing, what was given in its place by its name. */
export function listIssues(issues: readonly SchemaIssue[], input?: unknown): string[] {
  return issues.map((issue) => {
    const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
    return `${path.join('.') || '(parameters)'}: ${issue.message}${misspelt(path, input)}`;
  });
}

function misspelt(path: readonly string[], input: unknown): string {
  const name = path.at(-1);
  const beside = path
    .slice(0, -1)
    .reduce<unknown>((inner, part) => (inner as Record<string, unknown> | null)?.[part], input);
  if (name === undefined || typeof beside !== 'object' || beside === null || Object.hasOwn(beside, name)) return '';
  const given = closest(name, Object.keys(beside));
  return given === null ? '' : `; "${given}" is given: is it meant?`;
}

/** `sinze: there is no such parameter. Did you mean "since"?` */
function unknownProblem({ path, name, known }: UnknownParam): string {
  const guess = closest(name, known);
  if (guess !== null) return `${path}: there is no such parameter. Did you mean "${guess}"?`;
  const names =
    known.length === 0 ? '' : `; there is ${known.slice(0, 10).join(', ')}${known.length > 10 ? ', …' : ''}`;
  return `${path}: there is no such parameter${names}`;
}

/**
 * The schema's output for `input`. Names that the schema would leave out without a word are refused; one that keeps
 * what it does not know (`z.looseObject`, `z.record`) takes any.
 *
 * @param refuses asked only where there are such names: false lets them be left out. @default they are refused
 * @throws SluiceError `InvalidParams` with every problem by path.
 */
export async function parseParams<Output>(
  pipeline: string,
  schema: StandardSchema<unknown, Output>,
  input: unknown,
  refuses: () => boolean = () => true,
): Promise<Output> {
  const result = await schema['~standard'].validate(input);
  if (result.issues !== undefined) throw invalidParams(pipeline, listIssues(result.issues, input));
  const unknown = await unknownParams(schema, input, result.value);
  if (unknown.length > 0 && refuses()) throw invalidParams(pipeline, unknown.map(unknownProblem));
  return result.value;
}

function invalidParams(pipeline: string, problems: readonly string[]): SluiceError {
  return new SluiceError(
    ErrorCode.InvalidParams,
    `The parameters of ${pipeline} are not valid: ${problems.join('; ')}`,
    {
      where: `pipeline ${pipeline}`,
      fix: 'Correct them and start the run again; nothing has been started.',
      data: problems,
    },
  );
}
