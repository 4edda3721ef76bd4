import { isDeepStrictEqual } from 'node:util';
import type { Json } from '@sluice/sdk';
import { upToOne } from './facts.ts';
import { badAnswer, badExpected, type CaseMetric } from './metric.ts';
import type { OptionReader } from './options.ts';
import { squadNormal } from './squad.ts';

/**
 * 1 where the answer equals what was expected, or one of several texts that were; else 0. Anything that is not text is
 * equal as JSON is: the same members, whatever their order.
 *
 * Options, all off: `ignoreCase`; `strip`, without spaces at both ends; `squad`, normalised as SQuAD's evaluation does
 * (lower case, no punctuation, no articles, single spaces).
 */
export function exactMatch(options: OptionReader): CaseMetric {
  const ignoreCase = options.flag('ignoreCase', false);
  const strip = options.flag('strip', false);
  const squad = options.flag('squad', false);
  const normal = (value: Json): Json => {
    if (typeof value !== 'string') return value;
    const text = squad ? squadNormal(value) : value;
    const cased = ignoreCase ? text.toLowerCase() : text;
    return strip ? cased.trim() : cased;
  };
  return {
    of: 'case',
    ...upToOne(options),
    score({ expected, answer }) {
      if (expected === null || expected === undefined) return badExpected('nothing was expected');
      if (answer === null || answer === undefined) return badAnswer('there is no answer');
      const said = normal(answer);
      const oneOf = Array.isArray(expected) && typeof answer === 'string' ? expected : [expected];
      return oneOf.some((one: Json) => isDeepStrictEqual(normal(one), said)) ? 1 : 0;
    },
  };
}
