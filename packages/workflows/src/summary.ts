import { utf8 } from './utf8.ts';

/** Bytes that Temporal's server takes for a summary, its quotes and encoding's name among them. */
const MOST = 360;
/** Characters kept of a longer one, at its start and at its end; four bytes each at most. */
const START = 60;
const END = 25;

/**
 * A one-line summary for the UI, cut to what the server takes: paths may hold keys of any length, and with a longer
 * one the server would fail the workflow's task again and again.
 */
export function summary(text: string): string {
  if (utf8(text).length <= MOST) return text;
  const characters = Array.from(text);
  return `${characters.slice(0, START).join('')}…${characters.slice(-END).join('')}`;
}
