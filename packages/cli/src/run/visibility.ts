import { SearchAttribute } from '@sluice/sdk';

/** Query for whatever is a run of a pipeline, in the language of Temporal's list. */
export const anyRun = `${SearchAttribute.pipeline} IS NOT NULL`;

/** A text as a value in such a query. */
export function quote(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "''")}'`;
}
