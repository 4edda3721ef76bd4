import type { Json } from '@sluice/sdk';
import { type Answered, badAnswer, badExpected, show, type Unscored } from '../metric.ts';
import { single } from '../single.ts';

/** The class that was expected and the one that was answered, in one spelling. */
export interface Labels {
  readonly expected: string;
  readonly answer: string;
}

/**
 * Classes as scalars. 1 and true, 0 and false are the same where one side says it so and the other so; numbers and
 * their text are. An answer with a number for each class, as probabilities or scores, stands for the class of the
 * greatest, and of equal ones for the first.
 */
export function labelsOf({ expected, answer }: Answered): Labels | Unscored {
  if (!isScalar(expected)) return badExpected(`what was expected, ${show(expected)}, is not a class`);
  const said = saidLabel(answer);
  if (said === null) return badAnswer(`the answer ${show(answer)} is neither a class nor a number for each class`);
  if (typeof expected === 'boolean' && (said === 1 || said === 0)) {
    return { expected: String(expected), answer: String(said === 1) };
  }
  if (typeof expected === 'number' && typeof said === 'boolean') {
    return { expected: String(expected), answer: String(Number(said)) };
  }
  return { expected: String(expected), answer: String(said) };
}

function saidLabel(answer: Json): string | number | boolean | null {
  const inner = single(answer);
  if (isScalar(inner)) return inner;
  const scores = scoresByClass(answer);
  if (scores === null) return null;
  let best: [label: string, score: number] | null = null;
  for (const [label, score] of Object.entries(scores)) if (best === null || score > best[1]) best = [label, score];
  return best?.[0] ?? null;
}

/** A finite number for each class: `{"cat": 0.9, "dog": 0.1}`, or `[0.9, 0.1]` for classes 0 and 1. */
export function scoresByClass(answer: Json): Readonly<Record<string, number>> | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const entries = Object.entries(answer);
  if (entries.length === 0) return null;
  const scores: [string, number][] = [];
  for (const [label, score] of entries) {
    if (typeof score !== 'number' || !Number.isFinite(score)) return null;
    scores.push([label, score]);
  }
  return Object.fromEntries(scores);
}

/** Whether a case is of the positive class. @param positive its name; null for 1 and true */
export function isPositive(expected: Json, positive: string | null): boolean | Unscored {
  if (positive !== null && isScalar(expected)) return String(expected) === positive;
  if (expected === 1 || expected === true) return true;
  if (expected === 0 || expected === false) return false;
  if (!isScalar(expected)) return badExpected(`what was expected, ${show(expected)}, is not a class`);
  // One of several classes is a fine thing to expect, of answers with a number for each.
  return badAnswer(
    `a single number says nothing of the class ${show(expected)}, which is neither 1 nor 0, true nor false; name the positive class by "positive"`,
  );
}

export function isScalar(value: Json | undefined): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value) && !Number.isNaN(value);
}
