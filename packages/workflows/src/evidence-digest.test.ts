import type { GateResult } from '@sluice/sdk';
import { expect, it } from 'vitest';
import { evidenceDigest } from './evidence-digest.ts';

/** Golden values: FNV-1a with 64 bits, offset cbf29ce484222325, prime 100000001b3, by an independent program. */
it.each<[unknown, string]>([
  // "[]" is 5b 5d
  [[], 'fnv1a64:09612b07b5ecb5a5'],
  // "7", one byte
  [7, 'fnv1a64:af63aa4c86019796'],
  // "\"ж🚀\"": 22 d0 b6 f0 9f 9a 80 22 in UTF-8
  ['ж🚀', 'fnv1a64:d177b8dd544d3db6'],
])('the fingerprint of %j is that of its JSON in UTF-8', (value, digest) => {
  expect(evidenceDigest(value as GateResult[])).toBe(digest);
});

it('changes with any of the evidence', () => {
  const gate = (value: number): GateResult[] => [
    { name: 'quality', verdict: 'pass', evidence: [{ metric: 'm', verdict: 'pass', value }] },
  ];
  const digests = [evidenceDigest(gate(0.1)), evidenceDigest(gate(0.2)), evidenceDigest([...gate(0.1), ...gate(0.1)])];
  expect(new Set(digests).size).toBe(3);
  expect(evidenceDigest(gate(0.1))).toBe(digests[0]);
});

it('is made in an instant for all the evidence that a deploy shows', () => {
  const evidence = Array.from(
    { length: 20 },
    (_, i) => ({ metric: 'm'.repeat(500), verdict: 'pass', value: i }) as const,
  );
  const gates = Array.from({ length: 10 }, (): GateResult => ({ name: 'g', verdict: 'pass', evidence }));
  const start = performance.now();
  expect(evidenceDigest(gates)).toMatch(/^fnv1a64:[0-9a-f]{16}$/);
  // Temporal gives an activation five seconds.
  expect(performance.now() - start).toBeLessThan(2_000);
});
