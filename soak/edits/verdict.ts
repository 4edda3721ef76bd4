import { type Program, pathsOf } from '../../test/edits/program.ts';
import type { Case } from './generate.ts';
import type { Outcome } from './round.ts';

/** What does not hold of a run whose code changed; empty when all is right. */
export function problemsOf(
  one: Case,
  outcome: Outcome,
  why: string | null,
  result: unknown,
  retried: boolean,
): string[] {
  if (typeof result !== 'object' || result === null) return [`it did not end right: ${String(result)}`];
  const said = result as Readonly<Record<string, string>>;
  const problems: string[] = [];
  for (const [path, of] of Object.entries(said)) {
    if (path !== of) problems.push(`the result under ${path} is that of ${of}`);
  }
  const expected = pathsOf(outcome === 'ended' ? one.after : one.before);
  const found = new Set(Object.keys(said));
  // Children of a map that began with one code are done by it, and those that began with the other by that.
  const mixed = one.place === 'children' ? new Set([...pathsOf(one.before), ...pathsOf(one.after)]) : null;
  for (const path of expected) if (!found.has(path) && !mixed?.has(path)) problems.push(`${path} is missing`);
  for (const path of found) if (!expected.includes(path) && !mixed?.has(path)) problems.push(`${path} is too much`);
  if (outcome === 'stopped') {
    // Without a step that was done or begun there was nothing to retry from, and the run just went on.
    if (one.way === 'retried' && retried) problems.push(`the retry said that the code fits, and it stopped: ${why}`);
    if (!/nondeterminism/i.test(why ?? '')) problems.push(`it stopped for something else: ${why}`);
  }
  if (outcome === 'refused' && !/does not come the way/.test(why ?? '')) problems.push(`it ${why}`);
  return problems;
}

/** Does the reason name a step of one of the two programs? */
export function namesAStep({ before, after }: { before: Program; after: Program }, why: string): boolean {
  const paths = [...pathsOf(before), ...pathsOf(after)];
  return paths.some((path) => why.includes(path)) || /\/key\/\d+-[0-9a-f]{16}/.test(why);
}
