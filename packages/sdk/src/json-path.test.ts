import { describe, expect, it } from 'vitest';
import { parseJsonPath } from './json-path.ts';

describe('a JSON path', () => {
  it.each([
    ['$', []],
    ['$.predictions[*].score', ['predictions', null, 'score']],
    ["$['a b'][0].*", ['a b', '0', null]],
    ['$["it\'s"]', ["it's"]],
    ["$['it\\'s'].é東", ["it's", 'é東']],
    ["$['*']", ['*']],
    ['$["a\\nb\\\\n"][\'\\u00e9\']', ['a\nb\\n', 'é']],
  ])('reads %s', (path, steps) => {
    expect(parseJsonPath(path)).toEqual(steps);
  });

  it.each([
    '',
    'predictions',
    '$.',
    '$..score',
    '$.a[',
    '$.a[?(@.b)]',
    '$.a[0:2]',
    '$.a[-1]',
    '$a',
    '$.a b',
    "$['a]",
    '$.a..b',
  ])('refuses %j', (path) => {
    expect(parseJsonPath(path)).toBeNull();
  });
});
