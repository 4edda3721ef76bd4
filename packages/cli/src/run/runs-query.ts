import { SearchAttribute } from '@sluice/sdk';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from '../errors.ts';
import { endStates, openStates } from './last-state.ts';
import { anyRun, quote } from './visibility.ts';

/** Which runs are meant; what is left out does not matter. */
export interface RunFilter {
  readonly pipeline?: string;
  /** Any of these. */
  readonly states?: readonly string[];
  /** Started then or later, epoch ms. */
  readonly since?: number;
  /** Started before then, epoch ms. */
  readonly until?: number;
  /** See {@link hasText}; Temporal cannot look for it. */
  readonly text?: string;
  /** The commit it was started from, or the beginning of it. */
  readonly commit?: string;
  readonly endpoint?: string;
}

/** Runs that are looked through, at most, for a text. */
export const MOST_LOOKED_AT = 20_000;

export const runStates: readonly string[] = [...openStates, ...endStates];

/** The filter in the language of Temporal's list, but for the text. */
export function runsQuery({ pipeline, states = [], since, until, commit, endpoint }: RunFilter): string {
  const parts = [anyRun];
  if (pipeline !== undefined) parts.push(`${SearchAttribute.pipeline} = ${quote(pipeline)}`);
  if (states.length > 0) parts.push(`(${states.map(inState).join(' OR ')})`);
  if (since !== undefined) parts.push(`StartTime >= '${new Date(since).toISOString()}'`);
  if (until !== undefined) parts.push(`StartTime < '${new Date(until).toISOString()}'`);
  if (commit !== undefined) {
    parts.push(`${SearchAttribute.commit} ${commit.length >= 40 ? '=' : 'STARTS_WITH'} ${quote(commit.toLowerCase())}`);
  }
  if (endpoint !== undefined) parts.push(`${SearchAttribute.endpoint} = ${quote(endpoint)}`);
  return parts.join(' AND ');
}

/** What {@link lastState} makes of a run, asked of Temporal: one that was ended from outside still says that it goes on. */
function inState(state: string): string {
  const told = `${SearchAttribute.state} = ${quote(state)}`;
  if (openStates.some((open) => open === state)) return `(${told} AND ExecutionStatus = 'Running')`;
  const ended = { cancelled: "'Terminated', 'Canceled'", failed: "'Failed', 'TimedOut'", done: "'Completed'" }[state];
  if (ended === undefined) return told;
  const silent = openStates.map((open) => `${SearchAttribute.state} = ${quote(open)}`).join(' OR ');
  return `${told} OR (ExecutionStatus IN (${ended}) AND (${silent}))`;
}

/** @throws SluiceError `Usage` for a word that is no state */
export function checkStates(given: readonly string[]): string[] {
  const words = given.flatMap((one) => one.split(',')).map((one) => one.trim());
  for (const word of words) {
    if (runStates.includes(word)) continue;
    throw new UsageError(
      `"${word.slice(0, 40)}" is no state of a run.${didYouMean(word, runStates)}`,
      `There is: ${runStates.join(', ')}.`,
    );
  }
  return words;
}

/** Is the text in the run's id, its starter or its endpoint, or the beginning of its commit? In whatever case. */
export function hasText(
  run: {
    readonly id: string;
    readonly by: string | null;
    readonly endpoint: string | null;
    readonly commit: string | null;
  },
  text: string,
): boolean {
  const wanted = text.toLowerCase();
  const has = (value: string | null) => value?.toLowerCase().includes(wanted) === true;
  return has(run.id) || has(run.by) || has(run.endpoint) || run.commit?.startsWith(wanted) === true;
}
