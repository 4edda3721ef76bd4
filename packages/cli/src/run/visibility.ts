import { SearchAttribute } from '@sluice/sdk';

/** Query for whatever is a run of a pipeline, in the language of Temporal's list. */
export const anyRun = `${SearchAttribute.pipeline} IS NOT NULL`;

/** A text as a value in such a query. */
export function quote(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "''")}'`;
}

/** What a server may read otherwise than it was written, or trip over. */
const MISREAD = /[\\"?\p{Cc}]/u;

/**
 * Asks for a text that anybody made, as a run's id is. A server on SQLite, such as the one of `sluice dev`, takes one with
 * a backslash, a double quote or a control character for another, and one on PostgreSQL trips over a question mark
 * (temporalio/temporal#11797). So of such a text only what stands before those is asked for.
 *
 * @returns the condition; and whether it holds of others too, so that what it finds has to be looked through
 */
export function named(attribute: string, text: string): { readonly query: string; readonly findsOthers: boolean } {
  const at = text.search(MISREAD);
  if (at < 0) return { query: `${attribute} = ${quote(text)}`, findsOthers: false };
  return { query: `${attribute} STARTS_WITH ${quote(text.slice(0, at))}`, findsOthers: true };
}
