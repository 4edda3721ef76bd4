import { createHash } from 'node:crypto';

/** The cases whose answers are stored. */
export const STORED = { size: 2000, seed: 1 } as const;

/** An answer of a reference library, and the digest of what it was asked. */
export interface StoredAnswer {
  readonly name: string;
  readonly digest: string;
  readonly answer: unknown;
}

/** A line with the libraries' versions, then one for each task. */
export function readStored(text: string): Map<string, StoredAnswer> {
  const [, ...lines] = text.trim().split('\n');
  return new Map(
    lines.map((line) => {
      const one = JSON.parse(line) as StoredAnswer;
      return [one.name, one];
    }),
  );
}

export function digestOf(ask: object): string {
  return createHash('sha256').update(JSON.stringify(ask)).digest('hex');
}
