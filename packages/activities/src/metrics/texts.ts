import type { Json } from '@sluice/sdk';
import { type Answered, badAnswer, badExpected, show, type Unscored } from './metric.ts';

export interface Texts {
  /** One or more right answers; a metric takes the one that suits the answer best. */
  readonly expected: readonly string[];
  readonly answer: string;
}

/** What a metric of texts compares: `expected` is a text or several, `answer` a text. Empty texts are texts. */
export function textsOf({ expected, answer }: Answered): Texts | Unscored {
  const several = Array.isArray(expected) ? expected : [expected];
  if (several.length === 0 || !several.every(isText)) {
    return badExpected(`what was expected, ${show(expected)}, is neither a text nor a list of texts`);
  }
  const said = spoken(answer);
  if (said === null) return badAnswer(`the answer ${show(answer)} is not a text`);
  return { expected: several, answer: said };
}

/** Servers answer `["text"]` for one case; that is the text. */
function spoken(answer: Json): string | null {
  const inner = Array.isArray(answer) && answer.length === 1 ? answer[0] : answer;
  return isText(inner) ? inner : null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
