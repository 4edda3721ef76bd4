import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type ChildOptions, startChild } from '../../packages/cli/src/dev/child.ts';
import type { Scope } from '../harness/scope.ts';
import type { Limit } from './system.ts';

/**
 * Runs a program to its end, or until the limit, and gives what it printed.
 *
 * @throws Error when it fails, with the last it printed.
 */
export async function runOnce(
  scope: Scope,
  limit: Limit,
  options: ChildOptions,
): Promise<{ readonly text: string; readonly finished: boolean }> {
  const child = await startChild(options);
  scope.defer(() => child.stop(0));
  const timer = new AbortController();
  const late = delay(limit.seconds * 1000, null, { signal: timer.signal }).catch(() => null);
  const exit = await Promise.race([child.exited, late]);
  timer.abort();
  await child.stop(0); // and whatever it started
  const text = await readFile(options.log, 'utf8');
  if (exit === null) return { text, finished: false };
  if (exit.code === 0) return { text, finished: true };
  throw new Error(`${options.args[0]} ended with ${exit.signal ?? `exit code ${exit.code}`}:\n${text.slice(-2000)}`);
}
