import { utf8 } from './utf8.ts';

/** Bytes of a summary: Temporal documents 400 with its quotes and encoding (the dev server takes any). */
const MOST = 360;
/** Characters kept of a longer one, at its start and at its end; four bytes each at most. */
const START = 60;
const END = 25;

/** A one-line summary for the UI, cut at its middle: paths may hold keys of any length. */
export function summary(text: string): string {
  if (utf8(text).length <= MOST) return text;
  const characters = Array.from(text);
  return `${characters.slice(0, START).join('')}…${characters.slice(-END).join('')}`;
}
