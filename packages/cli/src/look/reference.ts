import { UsageError } from '../errors.ts';

/** What a person gives to name an artifact: some digits of its digest, or a run and one of its steps. */
export type Reference =
  | { readonly by: 'digest'; readonly hex: string; readonly shape: 'blob' | 'tree' | null }
  | { readonly by: 'step'; readonly run: string; readonly step: string };

const pattern = /^(?:sha256:|sluice:(blob|tree)\/)?([0-9a-f]+)$/i;
/** Fewer digits may be those of many. */
const LEAST = 8;

/**
 * Reads references off a command line, from left to right: a digest takes one word, a run and its step two.
 *
 * @throws SluiceError `Usage` for words that are none, or too few
 */
export function parseReferences(words: readonly string[], count: number): Reference[] {
  const found: Reference[] = [];
  for (let index = 0; index < words.length; ) {
    const word = words[index] ?? '';
    const digest = digestOf(word);
    if (digest !== null) {
      found.push(digest);
      index += 1;
      continue;
    }
    const step = words[index + 1];
    if (step === undefined) throw noStep(word);
    found.push({ by: 'step', run: word, step });
    index += 2;
  }
  if (found.length === count) return found;
  throw new UsageError(
    `${count === 1 ? 'One artifact is' : `${count} artifacts are`} wanted, and ${found.length} ${found.length === 1 ? 'is' : 'are'} named.`,
    'An artifact is named by 8 digits of its digest or more, or by a run and one of its steps.',
  );
}

/** @throws SluiceError `Usage` for a digest that is too short or too long */
function digestOf(word: string): Reference | null {
  const [, shape = null, hex = ''] = pattern.exec(word) ?? [];
  const marked = /^(sha256:|sluice:)/i.test(word);
  if (hex === '') {
    if (!marked) return null;
    throw new UsageError(
      `"${word.slice(0, 100)}" is no digest.`,
      'A digest has hexadecimal digits only: sha256:1a2b3c4d.',
    );
  }
  if (hex.length >= LEAST && hex.length <= 64) {
    return {
      by: 'digest',
      hex: hex.toLowerCase(),
      shape: shape?.toLowerCase() === 'tree' ? 'tree' : shape ? 'blob' : null,
    };
  }
  // A run's key may look like this, and then a step follows it.
  if (!marked && (hex.length < LEAST || hex.length > 64)) return null;
  throw new UsageError(
    `The digest ${word.slice(0, 100)} has ${hex.length} digits.`,
    `Give ${LEAST} of them at least, 64 at most.`,
  );
}

function noStep(word: string): UsageError {
  const [, , hex = ''] = pattern.exec(word) ?? [];
  if (hex !== '' && hex.length < LEAST) {
    return new UsageError(
      `The digest ${word} is too short: it has ${hex.length} digits.`,
      `Give ${LEAST} of them at least. Of a run, name the step too.`,
    );
  }
  return new UsageError(
    `"${word.slice(0, 100)}" names no artifact.`,
    'Give 8 digits of its digest or more, or a run and one of its steps: sluice artifacts show RUN STEP.',
  );
}
