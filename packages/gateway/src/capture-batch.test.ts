import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CaptureBatch, unpack } from './capture-batch.ts';
import type { Answered } from './capture-entry.ts';

const word = fc.stringMatching(/^[\x20-\x7e\xa0-\xff]*$/);
const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 9000 }), { maxLength: 4 });
const request = fc.record({
  requestId: word,
  arrivedAt: fc.nat(),
  endpoint: word,
  method: fc.constantFrom('GET', 'POST'),
  path: word,
  requestHeaders: fc.array(word, { maxLength: 4 }).map((values) => values.flatMap((value) => ['Content-Type', value])),
  body: chunks,
  status: fc.integer({ min: 200, max: 599 }),
  responseHeaders: fc.array(word, { maxLength: 2 }).map((values) => values.flatMap((value) => ['content-type', value])),
  response: chunks,
  responseBytes: fc.nat(),
  latencyMs: fc.nat().map((us) => us / 1000),
  version: word,
  digest: word,
});
const answered: fc.Arbitrary<Answered> = fc
  .tuple(request, fc.boolean())
  .map(([one, shadow]) => ({ ...one, ...(shadow && { shadow }) }));

test('what was packed comes out as it was, on the other side of a thread', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(answered, fc.boolean())), (all) => {
      const batch = new CaptureBatch();
      const added = all.filter(([one, owned]) => {
        if (batch.full) return false;
        batch.add({ ...one, body: one.body.map((chunk) => chunk.slice()) }, owned);
        return true;
      });
      const { packed, transfer } = batch.take();
      const out = [...unpack(structuredClone(packed, { transfer }))];
      const whole = (one: Answered) => ({
        ...one,
        body: Buffer.concat(one.body),
        response: Buffer.concat(one.response),
      });
      expect(out.map(whole)).toEqual(added.map(([one]) => whole(one)));
    }),
  );
});

test('headers that are not kept do not leave the thread of the proxy', () => {
  const batch = new CaptureBatch();
  const [one] = fc.sample(answered, 1);
  if (one === undefined) throw new Error('no sample');
  batch.add({ ...one, requestHeaders: ['Authorization', 'hush', 'Cookie', 'hush', 'X-Sluice-Key', 'hush'] }, false);
  expect(JSON.stringify(batch.take().packed)).not.toContain('hush');
});
