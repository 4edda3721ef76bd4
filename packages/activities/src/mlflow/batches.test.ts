import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batches } from './batches.ts';
import { keyName } from './names.ts';

const item = fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 300 }), value: fc.string({ maxLength: 9000 }) });
const metric = fc.record({
  key: fc.string({ unit: 'grapheme', maxLength: 20 }),
  value: fc.double(),
  timestamp: fc.double(),
  step: fc.double(),
});

test('whatever is logged, no request is over a limit of the server and nothing is lost', () => {
  fc.assert(
    fc.property(
      fc.array(metric, { maxLength: 2300 }),
      fc.array(item, { maxLength: 250 }),
      fc.array(item, { maxLength: 250 }),
      (metrics, params, tags) => {
        const parts = batches({ metrics, params, tags });
        for (const part of parts) {
          expect(part.metrics.length + part.params.length + part.tags.length).toBeLessThanOrEqual(1000);
          expect(part.params.length).toBeLessThanOrEqual(100);
          expect(part.tags.length).toBeLessThanOrEqual(100);
          expect(Buffer.byteLength(JSON.stringify({ run_id: 'a'.repeat(32), ...part }))).toBeLessThan(1_000_000);
          for (const { value } of part.params) expect(value.length).toBeLessThanOrEqual(6000);
          for (const { value } of part.tags) expect(value.length).toBeLessThanOrEqual(8000);
          for (const { step, timestamp, value } of part.metrics) {
            expect([Number.isInteger(step), Number.isInteger(timestamp), value === null]).toEqual([true, true, false]);
          }
        }
        expect(parts.flatMap((part) => part.metrics).map(({ key }) => key)).toEqual(
          metrics.map(({ key }) => keyName(key)),
        );
        expect(new Set(parts.flatMap((part) => part.params).map(({ key }) => key))).toEqual(
          new Set(params.map(({ key }) => keyName(key))),
        );
        expect(parts.flatMap((part) => part.tags)).toHaveLength(new Set(tags.map(({ key }) => keyName(key))).size);
      },
    ),
    { numRuns: 25 },
  );
});

test('numbers that JSON cannot hold go as the words that MLflow knows', () => {
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5];
  const [part] = batches({ metrics: values.map((value) => ({ key: 'v', value, timestamp: 1, step: 0 })) });
  expect(part?.metrics.map(({ value }) => value)).toEqual(['NaN', 'Infinity', '-Infinity', 0.5]);
});

test('of two parameters of one name the last one is sent', () => {
  const [part] = batches({
    params: [
      { key: 'a@', value: '1' },
      { key: 'a_', value: '2' },
    ],
  });
  expect(part?.params).toEqual([{ key: 'a_', value: '2' }]);
});

test('nothing to log is no request', () => {
  expect(batches({})).toEqual([]);
});
