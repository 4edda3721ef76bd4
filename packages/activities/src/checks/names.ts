import type { Column } from '@sluice/sdk';

/** The columns there are, for a sentence. */
export function namesOf(columns: readonly Column[]): string {
  const names = columns.slice(0, 30).map(({ name }) => `"${name}"`);
  return names.join(', ') + (columns.length > 30 ? ` and ${columns.length - 30} more` : '');
}

/** A text cut for a line. */
export const cut = (text: string) => (text.length > 100 ? `${text.slice(0, 99)}…` : text);
export const firstLine = (text: string) => cut(text.split('\n', 1)[0] ?? '');
