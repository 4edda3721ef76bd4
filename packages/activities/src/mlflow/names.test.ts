import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkModelName, cut, datasetDigest, keyName, keyValue } from './names.ts';

test('any text becomes a name that MLflow takes, and a good name stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      const name = keyName(text);
      // MLflow's own rule: `^[/\w.\- :]*$`, and a normalised relative path.
      expect(name).toMatch(/^[/\p{L}\p{N}_.\- :]+$/u);
      expect(name.split('/').filter((part) => part === '' || part === '.' || part === '..')).toEqual([]);
      expect(name.length).toBeLessThanOrEqual(250);
      expect(keyName(name)).toBe(name);
    }),
    { numRuns: 500 },
  );
  for (const name of ['loss', 'val/acc:top-1', 'f1 score', '漢字/精度', 'a.b']) expect(keyName(name)).toBe(name);
});

test('long names that differ at the end stay different', () => {
  const [a, b] = [keyName(`${'x'.repeat(300)}a`), keyName(`${'x'.repeat(300)}b`)];
  expect(a).not.toBe(b);
  expect(keyValue(`${'x'.repeat(3000)}a`)).not.toBe(keyValue(`${'x'.repeat(3000)}b`));
});

test('an idempotency key holds no quote that a filter would need escaped, and stays readable', () => {
  expect(keyValue('flights/it\'s "1" `x`/airport=EWR/delay')).toBe(
    'flights/it%27s%20%221%22%20%60x%60/airport=EWR/delay',
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (key) => {
      expect(keyValue(key)).toMatch(/^[^'"`\s\\]*$/);
    }),
  );
});

test('text is cut without half a character', () => {
  expect(cut('ab🙂cd', 4)).toBe('ab…');
  expect(cut('abc', 3)).toBe('abc');
  expect(cut('x\uD83D', 5)).toBe('x\uFFFD');
});

test('of a dataset’s digest MLflow keeps 36 characters', () => {
  expect(datasetDigest(`sha256:${'a'.repeat(64)}`)).toBe('a'.repeat(36));
});

test.each(['a/b', 'a:b', '', '  ', '.', '..'])('the registered model name %j is refused', (name) => {
  expect(() => checkModelName(name, 'flights')).toThrow(expect.objectContaining({ code: 'InvalidConfig' }));
});

test('other registered model names pass', () => {
  expect(checkModelName("it's 漢字 v1.2", 'flights')).toBe("it's 漢字 v1.2");
});
