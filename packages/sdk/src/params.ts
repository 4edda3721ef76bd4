import { ErrorCode, SluiceError } from './errors.ts';
import type { SchemaIssue, StandardSchema } from './standard-schema.ts';

/** One problem per line, `airports.2: expected string`. */
export function listIssues(issues: readonly SchemaIssue[]): string[] {
  return issues.map((issue) => {
    const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
    return `${path || '(parameters)'}: ${issue.message}`;
  });
}

/**
 * The schema's output for `input`.
 *
 * @throws SluiceError `InvalidParams` with every problem by path.
 */
export async function parseParams<Output>(
  pipeline: string,
  schema: StandardSchema<unknown, Output>,
  input: unknown,
): Promise<Output> {
  const result = await schema['~standard'].validate(input);
  if (result.issues === undefined) return result.value;
  const problems = listIssues(result.issues);
  throw new SluiceError(
    ErrorCode.InvalidParams,
    `The parameters of ${pipeline} are not valid: ${problems.join('; ')}`,
    {
      where: `pipeline ${pipeline}`,
      fix: 'Correct them and start the run again; nothing has been started.',
      data: problems,
    },
  );
}
