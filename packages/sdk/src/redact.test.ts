import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonPlace, REDACTED, redactorOf } from './redact.ts';

const plain = redactorOf();

describe('without any list', () => {
  test.each([
    ['/x?api_key=1&a=2', '/x?api_key=redacted&a=2'],
    ['/x?API-Key=1', '/x?API-Key=redacted'],
    ['/x?access%5Ftoken=1&b', '/x?access%5Ftoken=redacted&b'],
    ['/x?X-Amz-Credential=1&X-Amz-Signature=2', '/x?X-Amz-Credential=redacted&X-Amz-Signature=redacted'],
    ['/x?sv=2020&sig=abc%3D', '/x?sv=2020&sig=redacted'],
    ['/x?a=1;password=2', '/x?a=1;password=redacted'],
    ['/x?auth[token]=1', '/x?auth[token]=redacted'],
    ['/x?%zz=1&key=2', '/x?%zz=1&key=redacted'],
    ['/x?sort_key=price&monkey=1&q=a?key=b', '/x?sort_key=price&monkey=1&q=a?key=b'],
    ['/key=1', '/key=1'],
  ])('%s is written as %s', (path, safe) => {
    expect(plain.path(path)).toBe(safe);
  });

  test.each([
    ['{"password":"a"}', '{"password":"[redacted]"}'],
    ['{"a":[{"clientSecret":"a","x":1.0}]}', '{"a":[{"clientSecret":"[redacted]","x":1.0}]}'],
    [
      '{"api_key":["a",{"b":"c"}],"id":12345678901234567890}',
      '{"api_key":["[redacted]",{"b":"[redacted]"}],"id":12345678901234567890}',
    ],
    ['{"pass\\u0077ord":"a"}', '{"password":"[redacted]"}'],
    [
      '{"days_since_password":3,"secretary":"Ada","token":"hello"}',
      '{"days_since_password":3,"secretary":"Ada","token":"hello"}',
    ],
    ['not JSON at all', 'not JSON at all'],
    ['', ''],
  ])('%s is written as %s', (body, safe) => {
    expect(plain.json(body)?.text).toBe(safe);
  });

  test('a body that seems to hold a credential and cannot be read is not written', () => {
    expect(plain.json('{"password":"a"')).toBe(null);
    expect(plain.json('{"x":1}\n{"secret":"a"}')).toBe(null);
  });

  test('no header that carries credentials is kept', () => {
    for (const name of ['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-sluice-key', 'x-api-key']) {
      expect(plain.keepsHeader(name)).toBe(false);
    }
    expect(plain.keepsHeader('content-type')).toBe(true);
  });
});

describe('a list', () => {
  test.each([
    ['user.email', '{"user":{"email":"[redacted]","n":2.50}}'],
    ['$.user.email', '{"user":{"email":"[redacted]","n":2.50}}'],
    ['user.*', '{"user":{"email":"[redacted]","n":0}}'],
    ['user', '{"user":{"email":"[redacted]","n":0}}'],
    ['*.n', '{"user":{"email":"a@b","n":0}}'],
    ['nobody.email', '{"user":{"email":"a@b","n":2.50}}'],
  ])('of %s leaves the shape', (path, safe) => {
    expect(redactorOf({ json: [path] }).json('{"user":{"email":"a@b","n":2.50}}')?.text).toBe(safe);
  });

  test('reaches one column of a table', () => {
    const body = '{"dataframe_split":{"columns":["x","name"],"data":[[1,"Ada"],[2,null]]}}';
    expect(redactorOf({ json: ['dataframe_split.data.*.1'] }).json(body)?.text).toBe(
      '{"dataframe_split":{"columns":["x","name"],"data":[[1,"[redacted]"],[2,null]]}}',
    );
  });

  test('keeps a body out that is not JSON, or too deep to look into', () => {
    const redactor = redactorOf({ json: ['a'] });
    expect(redactor.json('name,age')).toBe(null);
    expect(redactor.json('['.repeat(200_000))).toBe(null);
    expect(redactor.readsEveryBody).toBe(true);
  });

  test('takes names of headers and parameters in any case', () => {
    const redactor = redactorOf({ headers: ['Accept'], query: ['City'] });
    expect(redactor.keepsHeader('accept')).toBe(false);
    expect(redactor.path('/x?city=a&CITY=b&country=c')).toBe('/x?city=redacted&CITY=redacted&country=c');
  });

  test.each(['', '.', 'a..b', '$.', 'a.'])('of %j is refused', (path) => {
    expect(() => jsonPlace(path)).toThrow(/no JSON path/);
  });
});

test('whatever stands at a listed place is gone, and everything else is as it was', () => {
  const inner = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(inner, inner, (secret, rest) => {
      const body = JSON.stringify({ rows: [{ name: secret, rest }] });
      const safe = redactorOf({ json: ['rows.*.name'] }).json(body);
      const [row] = JSON.parse(safe?.text ?? '').rows;
      for (const leaf of leavesOf(row.name)) expect([REDACTED, 0, false, null]).toContain(leaf);
      const safeRest = !/password|secret|key|token|auth|credential|\\u/i.test(JSON.stringify(rest));
      if (safeRest) expect(JSON.stringify(row.rest)).toBe(JSON.stringify(rest));
    }),
  );
});

test('a second time changes nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const redactor = redactorOf({ json: ['*'] });
      const once = redactor.json(JSON.stringify(value))?.text ?? '';
      expect(redactor.json(once)?.text).toBe(once);
    }),
  );
});

function leavesOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [value];
}
