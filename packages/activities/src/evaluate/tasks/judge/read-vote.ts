import { show } from '../../../metrics/metric.ts';

export type Choice = 'A' | 'B' | 'tie';

/** What a judge says: its choice, or why that is none. */
export type ReadVote = { readonly choice: Choice } | { readonly problem: string };

/** Characters in which a choice has to stand: nobody needs more, and a judge that repeats its material is none. */
const LINE = 2_000;

/**
 * Reads a judge's reply: `{"better": "A"}`, `"B"` or `"tie"`, or one of these words. It is the whole reply or its last line:
 * what a judge says before that may quote an answer, and an answer may say anything.
 */
export function readVote(said: string): ReadVote {
  const text = unfenced(said.replace(/^[\s\S]*<\/think>/, '').trim());
  if (text === '') return { problem: 'it says nothing' };
  const last = text.slice(text.lastIndexOf('\n') + 1).trim();
  const choice = choiceIn(text) ?? choiceIn(last);
  return choice === null ? { problem: `no choice at the end of ${show(text.slice(-60))}` } : { choice };
}

/** Without the fence of Markdown that models put around JSON. */
function unfenced(text: string): string {
  const [, inside] = /```(?:json)?\s*\n([^`]*)\n\s*```$/.exec(text) ?? [];
  return (inside ?? text).trim();
}

function choiceIn(text: string): Choice | null {
  if (text.length > LINE) return null;
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said === 'string') return named(said);
    return typeof said === 'object' && said !== null && 'better' in said ? named(said.better) : null;
  } catch {
    return named(text);
  }
}

function named(word: unknown): Choice | null {
  switch (typeof word === 'string' ? word.trim().replace(/\.$/, '').toLowerCase() : null) {
    case 'a':
      return 'A';
    case 'b':
      return 'B';
    case 'tie':
      return 'tie';
    default:
      return null;
  }
}
