import fc from 'fast-check';
import { expect, it } from 'vitest';
import { summary } from './summary.ts';

const bytes = (text: string) => Buffer.byteLength(text, 'utf8');

it('leaves what fits', () => {
  expect(summary('airport=EWR/delay (attempt 2)')).toBe('airport=EWR/delay (attempt 2)');
});

it('keeps the start and the end of what does not, where the map and the step stand', () => {
  const long = summary(`airport=${'x'.repeat(1_000)}/delay (attempt 2)`);
  expect(long).toMatch(/^airport=x+…x+\/delay \(attempt 2\)$/);
});

it('is never longer than Temporal documents, in any script', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => bytes(summary(text)) <= 360));
  expect(bytes(summary('🚀'.repeat(500)))).toBeLessThanOrEqual(360);
  expect(summary('🚀'.repeat(500))).not.toMatch(/\p{Surrogate}/u);
});
